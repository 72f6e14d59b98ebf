"""The careful reading: a small transformer reads a thread as a whole and adds its judgement of each sentence.

Slower than everything else by a factor of fifty, and better at mail of other hands than the corpus': it knows what
words mean. `pieces`: words to pieces; `passage`: a thread as a sequence of them; `encoder`: the transformer in
numpy; `reader`: what it adds to the score; `file`: its file.
"""
