package article

import "fmt"

// Status is whether an article may be used. The newest revision's status
// governs all revisions of its URI. An embargo is not a status of its own: it
// is EmbargoUntil, and ends by itself.
type Status string

const (
	Usable   Status = "usable"
	Withheld Status = "withheld" // until further notice
	Canceled Status = "canceled" // killed: final, except by an audited reinstatement
)

// ParseStatus reads a status by its name; "" is Usable, since most wires
// state none.
func ParseStatus(s string) (Status, error) {
	switch Status(s) {
	case "":
		return Usable, nil
	case Usable, Withheld, Canceled:
		return Status(s), nil
	}
	return "", fmt.Errorf("status %q is none of usable, withheld, canceled", s)
}
