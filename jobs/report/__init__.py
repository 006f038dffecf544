"""report.html: the night on one page that a merchandiser would print.

facts.py reads the run folder's files, words.py says what they mean, plots.py draws, page.py fills the template.
"""
