package mediatopic

import (
	"strings"
	"testing"
)

func TestLabel(t *testing.T) {
	for qcode, want := range map[string]string{
		"medtop:20000070": "coup d'etat", "medtop:16000000": "conflict, war and peace", "medtop:99999999": "", "war": "", "": "",
	} {
		if got := Label(qcode); got != want {
			t.Errorf("%q is %q, want %q", qcode, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	if n := strings.Count(table, "\n"); n != len(labels()) || n < 1000 {
		t.Errorf("%d lines, %d topics", n, len(labels()))
	}
	for qcode, label := range labels() {
		if !strings.HasPrefix(qcode, "medtop:") || strings.TrimSpace(label) != label || label == "" {
			t.Errorf("%q is %q", qcode, label)
		}
	}
}
