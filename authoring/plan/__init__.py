"""What publishing a folder would do, in words: pure but for base.py, which reads what it replaces."""
