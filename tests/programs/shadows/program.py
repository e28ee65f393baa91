"""The modules beside this file have names of the standard library's, and of what observes it."""

import mmap
import resource
import threading
import zlib

import control_block
import streams
import trace_format

MODULES = control_block, mmap, resource, streams, threading, trace_format, zlib
print([getattr(module, "mine", False) for module in MODULES])
