package topic

// Lane is a way through the pipeline: live copy or back-fills.
type Lane string

// The lanes.
const (
	Live Lane = "live"
	Bulk Lane = "bulk"
)

// Lanes says which lanes a process works on; the zero value stands for both.
type Lanes string

// Both is both lanes.
const Both Lanes = "both"

// Has tells whether l is among them.
func (s Lanes) Has(l Lane) bool { return s == "" || s == Both || s == Lanes(l) }
