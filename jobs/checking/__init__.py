"""Second opinions on written files: the audit of a staged run, the verification of a finished one."""
