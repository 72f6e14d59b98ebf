"""Verdicts to one self-contained HTML page: where a person looks, decides and corrects.

`write` is the door. It takes verdict tables part by part, with or without the judged threads behind
them, and keeps a bounded number of rows in memory.
"""

from detector.report.page.build import MOST, write
from detector.report.page.pack import Part

__all__ = ["MOST", "Part", "write"]
