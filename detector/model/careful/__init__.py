"""The careful reading: a small transformer reads a thread as a whole and adds its judgement of each sentence.

Some hundreds of times slower than the quick reading, and surer: it knows what words mean. `pieces`: words to pieces; `passage`: a thread as
a sequence of them; `encoder`: the transformer in numpy; `reader`: what it adds to the score; `packing`: its matrices in four
bits; `file`: its file.
"""
