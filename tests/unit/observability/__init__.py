"""Reading what applications sent to Langfuse."""
