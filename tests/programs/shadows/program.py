"""The modules beside this file have names of the standard library's, and of what observes it."""

import mmap
import resource
import threading
import zlib

import board
import layout
import threads

print([getattr(module, "mine", False) for module in (board, layout, mmap, resource, threading, threads, zlib)])
