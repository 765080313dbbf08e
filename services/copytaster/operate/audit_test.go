package operate

import (
	"reflect"
	"testing"
	"time"
)

func TestEntriesGetTheirOwnPlaces(t *testing.T) {
	at := func(second int64, action, place string) audited {
		return audited{At: time.Unix(second, 0).UTC(), Action: action, URI: "urn:x", Revision: 1 << 16, Place: place}
	}
	for _, c := range []struct {
		name              string
		all, events, want []audited
	}{
		{"a kill", []audited{at(1, "canceled", "")}, []audited{at(1, "canceled", "x/0@1")}, []audited{at(1, "canceled", "x/0@1")}},
		{"the audit lacks the first of two kills", []audited{at(2, "canceled", "")}, []audited{at(1, "canceled", "x/0@1"), at(2, "canceled", "x/0@2")}, []audited{at(2, "canceled", "x/0@2"), at(1, "canceled", "x/0@1")}},
		{"a hold, whenever it is said to be", []audited{at(2, "withheld", "")}, []audited{at(1, "withheld", "x/0@1")}, []audited{at(2, "withheld", "x/0@1")}},
		{"another action", []audited{at(1, "withheld", "")}, []audited{at(1, "canceled", "x/0@1")}, []audited{at(1, "withheld", ""), at(1, "canceled", "x/0@1")}},
	} {
		if got := placed(c.all, c.events); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: %+v, want %+v", c.name, got, c.want)
		}
	}
}
