"""Whatever a server or a proxy answers: no command ends in a traceback."""
