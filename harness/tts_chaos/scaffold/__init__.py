"""What `tts-chaos init` writes: a working start for an integration of any kind; pure.

`detection` looks at what is there, `questions` asks for the rest, the other modules turn answers
into texts of files. Reading, asking and writing are the command's.
"""
