package release

import (
	"errors"

	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/lane"
	"github.com/copytaster/copytaster/pkg/stage"
)

// Config is what the service can be told.
type Config struct {
	Bus   bus.Config   `embed:""`
	Stage stage.Config `embed:"" prefix:"stage-"`
	Lanes lane.Config  `embed:""`
}

// Validate tells which settings are wrong.
func (c Config) Validate() error {
	return errors.Join(c.Bus.Validate(), c.Stage.Validate(), c.Lanes.Validate())
}
