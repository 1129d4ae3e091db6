"""What the commands and the Python API share: the stages, put together; prints and asks nothing."""
