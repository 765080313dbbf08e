package access

import (
	"context"
	"slices"
)

// Identity is who sends a request.
type Identity struct {
	Name   string // a key's, or a person's; "" where nobody is asked
	Key    string // id; "" without one
	Scopes []Scope
	Grant  Grant
	Rate   int // requests per minute; 0: as the service has it
	// Sender tells one sender from another: by key, person, or else address.
	Sender string
	// Again finds out who sends the request now, while its answer is on its way; nil:
	// that can't change. An error says why they may not ask any more.
	Again func() (Identity, error)
	// GiveBack gives back what the request took of what they may send, but for one request:
	// it is called before anything is answered, where the request is refused before it was
	// any work; nil: it took no more.
	GiveBack func()
	// Session tells that a browser sends the request for whoever has logged in.
	Session bool
}

// May tells whether they may ask for what has that scope.
func (i Identity) May(s Scope) bool { return s == Any || slices.Contains(i.Scopes, s) }

type identityKey struct{}

// With is ctx of a request that who sends.
func With(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, who)
}

// Of is who sends the request of ctx. Where nobody found that out, it is somebody
// who may do nothing and see [Nothing].
func Of(ctx context.Context) Identity {
	if who, ok := ctx.Value(identityKey{}).(Identity); ok {
		return who
	}
	return Identity{Grant: Nothing()}
}
