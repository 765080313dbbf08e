package index_test

import (
	"testing"

	"github.com/copytaster/copytaster/pkg/stage"
	"github.com/copytaster/copytaster/services/index/bulk"
)

// TestSilentElasticsearchIsNoHang: a write that waits a timeout for the circuit
// and is then tried for another ends well before its lane counts as hung.
func TestSilentElasticsearchIsNoHang(t *testing.T) {
	if most := 2*bulk.DefaultTimeout + bulk.DefaultProbeEvery; stage.DefaultHangAfter < most*3/2 || stage.DefaultCancelAfter <= stage.DefaultHangAfter {
		t.Errorf("a write may take %v, a lane hangs after %v, and is canceled after %v", most, stage.DefaultHangAfter, stage.DefaultCancelAfter)
	}
}
