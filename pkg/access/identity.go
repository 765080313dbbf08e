package access

import "context"

// Identity is who sends a request.
type Identity struct {
	Grant Grant
}

type identityKey struct{}

// With is ctx of a request that who sends.
func With(ctx context.Context, who Identity) context.Context {
	return context.WithValue(ctx, identityKey{}, who)
}

// Of is who sends the request of ctx. Where nobody found that out, it is somebody
// who may see [Nothing].
func Of(ctx context.Context) Identity {
	if who, ok := ctx.Value(identityKey{}).(Identity); ok {
		return who
	}
	return Identity{Grant: Nothing()}
}
