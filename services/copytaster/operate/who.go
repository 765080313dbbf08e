package operate

import (
	"os"
	"os/user"
)

// Who names the operator in the audit.
type Who struct {
	By  string `help:"Who does it, for the audit (default: user@host)." placeholder:"NAME"`
	Why string `help:"Why, for the audit." placeholder:"TEXT"`
}

func (w Who) name() string {
	if w.By != "" {
		return w.By
	}
	name := "unknown"
	if u, err := user.Current(); err == nil {
		name = u.Username
	}
	if host, err := os.Hostname(); err == nil {
		name += "@" + host
	}
	return name
}
