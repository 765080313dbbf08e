package rig

import (
	"context"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
)

// Metric is the sum of a process's metric over those of its series whose labels
// hold all of labels, each as NAME="value"; 0 of none.
func (p *Pipeline) Metric(ctx context.Context, of *Process, name string, labels ...string) (float64, error) {
	status, body, err := p.get(ctx, "http://"+of.Addr()+"/metrics")
	if err != nil {
		return 0, err
	}
	if status != http.StatusOK {
		return 0, fmt.Errorf("metrics of %s: %d", of.Name, status)
	}
	return sum(string(body), name, labels)
}

func sum(text, name string, labels []string) (float64, error) {
	all := 0.
	for line := range strings.Lines(text) {
		rest, ok := strings.CutPrefix(strings.TrimSpace(line), name)
		if !ok || rest == "" || rest[0] != '{' && rest[0] != ' ' {
			continue
		}
		at := strings.LastIndexByte(rest, ' ')
		series := rest[:at]
		matches := true
		for _, l := range labels {
			matches = matches && strings.Contains(series, l)
		}
		if !matches {
			continue
		}
		v, err := strconv.ParseFloat(rest[at+1:], 64)
		if err != nil {
			return 0, fmt.Errorf("metric %s: %w", strings.TrimSpace(line), err)
		}
		all += v
	}
	return all, nil
}

// Partitions is how many partitions the members of a group have between them;
// 0 while it is about to share them out.
func (p *Pipeline) Partitions(ctx context.Context, group string) (int, error) {
	r, err := p.kafka().DescribeGroups(ctx, &kafka.DescribeGroupsRequest{GroupIDs: []string{p.Namespace + group}})
	if err != nil {
		return 0, err
	}
	n := 0
	for _, g := range r.Groups {
		if g.Error != nil {
			return 0, g.Error
		}
		if g.GroupState != "Stable" {
			continue
		}
		for _, m := range g.Members {
			for _, t := range m.MemberAssignments.Topics {
				n += len(t.Partitions)
			}
		}
	}
	return n, nil
}

// IndexSettings are those of the indices behind an alias, by index and name.
func (p *Pipeline) IndexSettings(ctx context.Context, alias string) (map[string]map[string]any, error) {
	var reply map[string]struct {
		Settings map[string]any `json:"settings"`
	}
	if err := p.ask(ctx, http.MethodGet, "/"+alias+"/_settings?flat_settings=true", nil, &reply); err != nil {
		return nil, err
	}
	all := map[string]map[string]any{}
	for index, r := range reply {
		all[index] = r.Settings
	}
	return all, nil
}
