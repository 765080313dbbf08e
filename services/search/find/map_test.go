package find

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// TestTilesAreNoMoreThanToldOf: every point of a box lies in one of the tiles that are
// counted, its name says where it lies, and a grid that is chosen here has few enough.
func TestTilesAreNoMoreThanToldOf(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lon, lat := rapid.Float64Range(-180, 180), rapid.Float64Range(-90, 90)
		b := Box{West: lon.Draw(t, "west"), South: lat.Draw(t, "south"), East: lon.Draw(t, "east"), North: lat.Draw(t, "north")}
		if b.South > b.North {
			b.South, b.North = b.North, b.South
		}
		if b.South == b.North || b.West == b.East {
			t.Skip("no box")
		}
		precision := rapid.IntRange(0, MaxPrecision).Draw(t, "precision")
		side := 1 << precision
		touched := map[string]bool{}
		width := b.East - b.West
		if width < 0 {
			width += 360
		}
		const steps = 40
		for i := range steps + 1 {
			for j := range steps + 1 {
				x := b.West + width*float64(i)/steps
				if x > 180 {
					x -= 360
				}
				y := min(b.South+(b.North-b.South)*float64(j)/steps, b.North)
				name := fmt.Sprintf("%d/%d/%d", precision, column(x, side), row(y, side))
				touched[name] = true
				at, err := tile(name)
				if err != nil {
					t.Fatal(err)
				}
				const little = 1e-9
				if y = min(max(y, -edge), edge); x < at.West-little || x > at.East+little || y < at.South-little || y > at.North+little {
					t.Fatalf("%g, %g is said to lie in %+v", x, y, at)
				}
			}
		}
		if n := tiles(&b, precision); n < len(touched) {
			t.Fatalf("%v has %d tiles, but %d are touched", b, n, len(touched))
		}
		m, err := ParseMap(url.Values{"within": {b.String()}}, time.UTC)
		if err != nil {
			t.Fatal(err)
		}
		if *m.Within != b || tiles(&b, m.Precision) > defaultTiles && m.Precision > 0 {
			t.Fatalf("%v is read as %v, precision %d", b, *m.Within, m.Precision)
		}
	})
}

func TestTilesOfTheWorld(t *testing.T) {
	for precision, want := range map[int]int{0: 1, 1: 4, 6: 4096} {
		if got := tiles(&world, precision); got != want {
			t.Errorf("precision %d: %d tiles, want %d", precision, got, want)
		}
	}
	for _, name := range []string{"", "1/2", "a/b/c", "1/2/3/4", "-1/0/0"} {
		if _, err := tile(name); err == nil {
			t.Errorf("%q is said to be a tile", name)
		}
	}
}
