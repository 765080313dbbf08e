package find

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/copytaster/copytaster/pkg/corpus"
)

// Limits of maps.
const (
	// MaxPrecision is the finest grid: tiles of about ten metres.
	MaxPrecision = 22
	// MaxTiles is of how many tiles a map may consist, empty ones included.
	MaxTiles = 4096
	// defaultTiles is of how many one consists at most whose grid is chosen here.
	defaultTiles = 256
	// edge is the latitude at which the tiles end.
	edge = 85.0511287798066
)

// MapRequest asks how many articles of a search speak of places in each tile of a map.
type MapRequest struct {
	Request
	Precision int // 2^Precision tiles are around the world
}

// world is the box of everything.
var world = Box{West: -180, South: -90, East: 180, North: 90}

func (m *MapRequest) box() *Box {
	if m.Within == nil {
		return &world
	}
	return m.Within
}

// ParseMap reads the request from the parameters of a URL, as [ParseRequest] does.
// More than [MaxTiles] is a [*ParameterError].
func ParseMap(values url.Values, zone *time.Location) (m MapRequest, err error) {
	if m.Request, err = parseWhole(values, zone, "precision"); err != nil {
		return m, err
	}
	if m.Precision, err = number(values, "precision", -1, 0, MaxPrecision); err != nil {
		return m, err
	}
	if m.Precision >= 0 {
		if n := tiles(m.box(), m.Precision); n > MaxTiles {
			return m, wrong("precision", "%d makes %d tiles of this map; the limit is %d. Ask for less precision, or for a part of the map by within", m.Precision, n, MaxTiles)
		}
		return m, nil
	}
	m.Precision = 0
	for m.Precision < MaxPrecision && tiles(m.box(), m.Precision+1) <= defaultTiles {
		m.Precision++
	}
	return m, nil
}

// tiles is how many tiles of the grid touch the box.
func tiles(b *Box, precision int) int {
	side := 1 << precision
	columns := column(b.East, side) - column(b.West, side) + 1
	if b.West > b.East {
		columns += side
	}
	return min(columns, side) * (row(b.South, side) - row(b.North, side) + 1)
}

func column(lon float64, side int) int {
	return min(max(int(math.Floor((lon+180)/360*float64(side))), 0), side-1)
}

// row counts from the north, by Mercator's projection.
func row(lat float64, side int) int {
	phi := min(max(lat, -edge), edge) * math.Pi / 180
	return min(max(int(math.Floor((1-math.Asinh(math.Tan(phi))/math.Pi)/2*float64(side))), 0), side-1)
}

// PlaceMap is how many articles speak of places in each tile of a map.
type PlaceMap struct {
	Total     Total  `json:"total"` // articles, those without places included unless a part of the map was asked for
	Precision int    `json:"precision"`
	Tiles     []Tile `json:"tiles"` // that have any, those with the most first
	TookMS    int64  `json:"took_ms"`
}

// Tile is one of a map's, with the number of articles that speak of a place in it. An
// article that speaks of several places counts in the tile of each.
type Tile struct {
	Tile  string  `json:"tile"` // zoom/x/y, as map servers name it
	West  float64 `json:"west"`
	South float64 `json:"south"`
	East  float64 `json:"east"`
	North float64 `json:"north"`
	Count int     `json:"count"`
}

// Map counts the articles that m finds by where their places lie.
func (f *Finder) Map(ctx context.Context, m MapRequest) (PlaceMap, error) {
	var reply struct {
		summary

		Aggregations struct {
			Tiles struct {
				Buckets []struct {
					Key   string `json:"key"`
					Count int    `json:"doc_count"`
				} `json:"buckets"`
			} `json:"tiles"`
		} `json:"aggregations"`
	}
	grid := object{"field": corpus.Locations, "precision": m.Precision, "size": MaxTiles, "shard_size": MaxTiles}
	if m.Within != nil {
		grid["bounds"] = m.Within.corners()
	}
	if err := f.summarise(ctx, f.whole(m.Request, f.now()), object{"tiles": object{"geotile_grid": grid}}, &reply); err != nil {
		return PlaceMap{}, err
	}
	res := PlaceMap{Total: reply.Hits.Total, Precision: m.Precision, Tiles: []Tile{}, TookMS: reply.Took}
	for _, b := range reply.Aggregations.Tiles.Buckets {
		t, err := tile(b.Key)
		if err != nil {
			return PlaceMap{}, err
		}
		t.Count = b.Count
		res.Tiles = append(res.Tiles, t)
	}
	slices.SortFunc(res.Tiles, func(a, b Tile) int { return cmp.Or(b.Count-a.Count, strings.Compare(a.Tile, b.Tile)) })
	return res, nil
}

// tile reads the name of a tile.
func tile(name string) (Tile, error) {
	var n [3]int
	parts := strings.Split(name, "/")
	for i, p := range parts {
		v, err := strconv.Atoi(p)
		if err != nil || len(parts) != len(n) || v < 0 {
			return Tile{}, fmt.Errorf("reply of Elasticsearch: %q is no tile", clip(name))
		}
		n[i] = v
	}
	side := math.Exp2(float64(n[0]))
	lon := func(x int) float64 { return float64(x)/side*360 - 180 }
	lat := func(y int) float64 { return math.Atan(math.Sinh(math.Pi*(1-2*float64(y)/side))) * 180 / math.Pi }
	return Tile{Tile: name, West: lon(n[1]), South: lat(n[2] + 1), East: lon(n[1] + 1), North: lat(n[2])}, nil
}
