package document

// Part is a piece of an input that becomes one article.
type Part struct {
	// Data is again a whole input of the same format.
	Data []byte
	// Label says which part it is, for people ("item 3").
	Label string
	// ID tells the part from its siblings and stays the same when the part is
	// edited; "" if it has none.
	ID string
	// Item is what the part consists of without the frame that it shares with
	// its siblings: what changes when it is edited.
	Item []byte
	// Err is set if the part can't be had; Data is what there is of it.
	Err error
}
