package find

import (
	"math"
	"net/url"
	"strconv"
	"strings"

	"github.com/copytaster/copytaster/pkg/corpus"
)

const parameterWithin = "within"

// Box is a part of the map, in degrees. One whose West is greater than its East goes
// over the line where dates change.
type Box struct{ West, South, East, North float64 }

// String is the box as the parameter has it; of nil it is "".
func (b *Box) String() string {
	if b == nil {
		return ""
	}
	degrees := func(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }
	return degrees(b.West) + "," + degrees(b.South) + "," + degrees(b.East) + "," + degrees(b.North)
}

// corners are the box as Elasticsearch reads it.
func (b *Box) corners() object {
	return object{"top_left": object{"lat": b.North, "lon": b.West}, "bottom_right": object{"lat": b.South, "lon": b.East}}
}

// filter are the conditions that one of an article's places lies in the box.
func (b *Box) filter() []any {
	if b == nil {
		return nil
	}
	return []any{object{"geo_bounding_box": object{corpus.Locations: b.corners()}}}
}

func parseWithin(values url.Values, note func(error)) *Box {
	s := strings.TrimSpace(values.Get(parameterWithin))
	if s == "" {
		return nil
	}
	var side [4]float64
	parts := strings.Split(s, ",")
	for i, p := range parts {
		f, err := strconv.ParseFloat(strings.TrimSpace(p), 64)
		if err != nil || len(parts) != len(side) {
			note(wrong(parameterWithin, "%q is no box: it is west, south, east and north in degrees, such as -5,10,15.5,25", clip(s)))
			return nil
		}
		side[i] = f
	}
	b := Box{side[0], side[1], side[2], side[3]}
	switch {
	case !(math.Abs(b.West) <= 180 && math.Abs(b.East) <= 180): // nor NaN
		note(wrong(parameterWithin, "west and east, %g and %g, are not from -180 to 180", b.West, b.East))
	case !(math.Abs(b.South) <= 90 && math.Abs(b.North) <= 90):
		note(wrong(parameterWithin, "south and north, %g and %g, are not from -90 to 90", b.South, b.North))
	case b.South >= b.North:
		note(wrong(parameterWithin, "south, %g, is not below north, %g", b.South, b.North))
	case b.West == b.East:
		note(wrong(parameterWithin, "west and east are both %g", b.West))
	default:
		return &b
	}
	return nil
}
