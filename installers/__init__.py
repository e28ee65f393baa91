"""Makes the files that people install: the packaged app (by build.spec), a Debian package, an RPM, an archive."""
