package ingest

import (
	"github.com/copytaster/copytaster/pkg/archive"
	"github.com/copytaster/copytaster/pkg/bus"
	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/ingest/source/drop"
	"github.com/copytaster/copytaster/services/ingest/source/poll"
	"github.com/copytaster/copytaster/services/ingest/source/push"
)

// Config is all that ingest can be told. Every part validates itself.
type Config struct {
	Bus   bus.Config   `embed:""`
	Stage stage.Config `embed:"" prefix:"stage-"`
	Drop  drop.Config  `embed:"" prefix:"drop-"`
	Push  push.Config  `embed:"" prefix:"push-"`
	Poll  poll.Config  `embed:"" prefix:"poll-"`

	Archive  archive.Config       `embed:"" prefix:"archive-"`
	Backfill stage.BackfillConfig `embed:"" prefix:"backfill-"`
}
