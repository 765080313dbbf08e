//go:build !unix

package cputime

import "time"

var began = time.Now() //nolint:gochecknoglobals // never changed

func used() time.Duration { return time.Since(began) }
