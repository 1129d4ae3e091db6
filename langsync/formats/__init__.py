"""Reading and writing of file formats; knows nothing of Langfuse."""
