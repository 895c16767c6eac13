# One argument of a systemd command line (systemd.service(5)): quoted as in C; `%` and `$` stand for themselves when doubled.
argument: builtins.replaceStrings [ "%" "$" ] [ "%%" "$$" ] (builtins.toJSON argument)
