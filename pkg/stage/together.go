package stage

import (
	"context"
	"errors"
	"sync"
)

// Together runs stages side by side until ctx is done or one of them fails;
// then the others finish what is in work. One whose source has ended leaves the
// others working.
func Together(ctx context.Context, stages ...Stage) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	errs := make([]error, len(stages))
	var all sync.WaitGroup
	for i, s := range stages {
		all.Go(func() {
			if errs[i] = s.Run(ctx); errs[i] != nil {
				cancel()
			}
		})
	}
	all.Wait()
	return errors.Join(errs...)
}
