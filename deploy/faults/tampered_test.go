package faults

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/copytaster/copytaster/deploy/faults/ledger"
	"github.com/copytaster/copytaster/deploy/faults/rig"
	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/pkg/corpus"
)

// testTamperedIndex breaks one thing each in a real index that is right. The
// audit must find that, and nothing else.
func testTamperedIndex(t *testing.T, o Options, servers *rig.Servers) {
	_, err := o.on(t.Context(), servers, []row{{"tampered", "the index is tampered with, behind the pipeline's back", true, shortLimit, func(ctx context.Context, r *trial) error {
		return newTamperer(t, r).run(ctx)
	}}})
	if err != nil {
		t.Error(err)
	}
}

// tamperer has an article with three revisions, and one that was killed.
type tamperer struct {
	*trial

	t              *testing.T
	living, killed []ledger.Ack
}

func newTamperer(t *testing.T, r *trial) *tamperer { return &tamperer{trial: r, t: t} }

// fields are a document's _source.
type fields map[string]json.RawMessage

func (f fields) set(name string, value any) fields {
	b, err := json.Marshal(value)
	if err != nil {
		panic(err) // strings and maps only
	}
	f[name] = b
	return f
}

func (r *tamperer) run(ctx context.Context) error {
	if err := r.fill(ctx); err != nil {
		return err
	}
	if _, err := r.settle(ctx); err != nil || len(r.result.Verdict.Findings) > 0 {
		return err
	}
	for _, c := range r.cases() {
		if err := c.do(ctx); err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		v, _, err := r.Audit(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", c.name, err)
		}
		for _, k := range ledger.Kinds() {
			if (v.Count(k) > 0) != (k == c.kind) {
				r.t.Errorf("%s: %d are %s, want findings of %s only: %+v", c.name, v.Count(k), k, c.kind, v.Findings)
			}
		}
		if err := c.undo(ctx); err != nil {
			return fmt.Errorf("undo %s: %w", c.name, err)
		}
	}
	v, _, err := r.Audit(ctx)
	if len(v.Findings) > 0 {
		r.t.Errorf("all is undone, and found are %+v", v.Findings)
	}
	return err
}

// fill pushes 40 articles.
func (r *tamperer) fill(ctx context.Context) error {
	const articles, living, killed = 38, 1000, 1001
	if err := r.start(ctx, rig.Settings{}); err != nil {
		return err
	}
	if err := r.feed(ctx, r.wire.Items(articles), 0)(); err != nil {
		return err
	}
	for n := 1; n <= 3; n++ {
		a, err := r.Push(ctx, r.wire.Item(living, n))
		if err != nil {
			return err
		}
		r.living = append(r.living, a)
		i := r.wire.Item(killed, n)
		i.Killed = n == 2
		if a, err = r.Push(ctx, i); err != nil {
			return err
		}
		r.killed = append(r.killed, a)
	}
	return nil
}

// tampering is one thing that is broken in the index.
type tampering struct {
	name     string
	kind     ledger.Kind
	do, undo func(context.Context) error
}

func (r *tamperer) cases() []tampering {
	newest, middle := r.living[2], r.living[1]
	head, notice := r.head(newest), r.head(r.killed[1])
	version := r.version(middle)
	// change changes a document, and puts it back as it was.
	change := func(name string, kind ledger.Kind, at place, with func(fields)) tampering {
		was := &article.Article{}
		return tampering{name, kind, func(ctx context.Context) error {
			f, _, err := r.get(ctx, at, was)
			if err != nil {
				return err
			}
			with(f)
			return r.put(ctx, at, "", f)
		}, func(ctx context.Context) error { return r.restore(ctx, at, was) }}
	}
	emptied := func(f fields) {
		delete(f, "body")
		delete(f, "headline")
		f.set("segments", []string{})
	}
	mark := "They know it as " + r.killed[2].Mark + "."
	cases := []tampering{
		change("a version is emptied", ledger.Lost, version, emptied),
		change("a version is a notice", ledger.Lost, version, func(f fields) {
			emptied(f)
			f.set("status", article.Canceled)
		}),
		change("a head is withheld", ledger.Lost, head, func(f fields) { f.set("status", article.Withheld) }),
		change("a head has no stemmed text", ledger.Lost, head, func(fields) {}),
		change("a head has its last paragraph only", ledger.Lost, head, func(f fields) {
			text := "The desk knows this text by the word " + newest.Mark + "."
			f.set("body", text).set("segments", []map[string]string{{"kind": "paragraph", "text": text}}).
				set("stemmed", map[string]any{"en": map[string]string{"body": text}})
		}),
		change("a notice has its text again", ledger.Resurrected, notice, func(f fields) { f.set("body", mark) }),
		change("a notice has stemmed text", ledger.Resurrected, notice, func(f fields) {
			f.set("stemmed", map[string]any{"en": map[string]string{"body": mark}})
		}),
	}
	return append(cases, r.removed(head), r.copied(head), r.addedVersion(middle), r.overwritten(head, version))
}

func (r *tamperer) removed(at place) tampering {
	was := &article.Article{}
	return tampering{"a head is deleted", ledger.Lost, func(ctx context.Context) error {
		_, _, err := r.get(ctx, at, was)
		return errors.Join(err, r.remove(ctx, at))
	}, func(ctx context.Context) error { return r.restore(ctx, at, was) }}
}

func (r *tamperer) copied(at place) tampering {
	second := at
	second.id += "x"
	return tampering{"a head is there twice", ledger.Duplicate, func(ctx context.Context) error {
		f, _, err := r.get(ctx, at, nil)
		return errors.Join(err, r.put(ctx, second, "", f))
	}, func(ctx context.Context) error { return r.remove(ctx, second) }}
}

func (r *tamperer) addedVersion(of ledger.Ack) tampering {
	at := r.version(of)
	other := of
	other.Revision += 1 << 20
	added := r.version(other)
	return tampering{"a version without text that nobody sent", ledger.Duplicate, func(ctx context.Context) error {
		f, _, err := r.get(ctx, at, nil)
		delete(f, "body")
		delete(f, "headline")
		return errors.Join(err, r.put(ctx, added, "", f.set("segments", []string{}).set("revision", other.Revision)))
	}, func(ctx context.Context) error { return r.remove(ctx, added) }}
}

// overwritten writes an older revision as an external version that is newer.
func (r *tamperer) overwritten(head, older place) tampering {
	was := &article.Article{}
	return tampering{"a head is overwritten by an older revision", ledger.Stale, func(ctx context.Context) error {
		_, version, err := r.get(ctx, head, was)
		if err != nil {
			return err
		}
		f, _, err := r.get(ctx, older, nil)
		return errors.Join(err, r.put(ctx, head, fmt.Sprintf("&version_type=external&version=%d", version+1), f))
	}, func(ctx context.Context) error { return r.restore(ctx, head, was) }}
}

// place is where a document is.
type place struct {
	alias, id, routing string
	head               bool
}

func (p place) path() string {
	path := "/" + p.alias + "/_doc/" + url.PathEscape(p.id) + "?refresh=true"
	if !p.head {
		path += "&routing=" + url.QueryEscape(p.routing)
	}
	return path
}

func (r *tamperer) head(a ledger.Ack) place {
	return place{alias: corpus.Namespace(r.Namespace).Articles(), id: corpus.ID(a.URI), head: true}
}

func (r *tamperer) version(a ledger.Ack) place {
	return place{alias: corpus.Namespace(r.Namespace).Versions(), id: corpus.VersionID(a.URI, a.Revision), routing: corpus.Routing(a.URI)}
}

// get reads a document, also as an article unless into is nil.
func (r *tamperer) get(ctx context.Context, p place, into *article.Article) (f fields, version int64, err error) {
	var reply struct {
		Version int64           `json:"_version"`
		Source  json.RawMessage `json:"_source"`
	}
	if err := r.Elasticsearch(ctx, http.MethodGet, p.path(), nil, &reply); err != nil {
		return nil, 0, err
	}
	if into != nil {
		if *into, _, err = corpus.Parse(reply.Source); err != nil {
			return nil, 0, err
		}
	}
	return f, reply.Version, json.Unmarshal(reply.Source, &f)
}

func (r *tamperer) put(ctx context.Context, p place, more string, f fields) error {
	return r.Put(ctx, p.path()+more, f)
}

func (r *tamperer) remove(ctx context.Context, p place) error {
	return r.Elasticsearch(ctx, http.MethodDelete, p.path(), nil, nil)
}

// restore writes the document as the index service would, with its stemmed text.
func (r *tamperer) restore(ctx context.Context, p place, a *article.Article) error {
	document := corpus.VersionDocument
	if p.head {
		document = corpus.Document
	}
	b, err := document(a, r.began)
	if err != nil {
		return err
	}
	return r.Put(ctx, p.path(), json.RawMessage(b))
}
