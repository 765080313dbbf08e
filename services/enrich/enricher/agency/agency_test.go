package agency_test

import (
	"context"
	"testing"

	"github.com/copytaster/copytaster/pkg/article"
	"github.com/copytaster/copytaster/services/enrich/enricher/agency"
)

type part struct {
	kind article.Kind
	text string
}

func TestAgency(t *testing.T) {
	e, err := agency.New()
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		source string
		parts  []part
		want   string
	}{
		"dateline":                     {"site-1", []part{{article.Dateline, "NIAMEY (dpa) -"}}, "dpa"},
		"a service is its agency":      {"site-1", []part{{article.Dateline, "Berlin (dpa/tmn) -"}}, "dpa"},
		"sign-off":                     {"site-1", []part{{article.Signoff, "© 2025 AFP"}}, "AFP"},
		"byline":                       {"site-1", []part{{article.Byline, "PA Reporter"}}, "PA"},
		"shared byline":                {"site-1", []part{{article.Byline, "TT/The Local Herald"}}, "TT"},
		"desk and agency":              {"site-1", []part{{article.Byline, "Redaktion mit dpa"}}, "dpa"},
		"rights":                       {"site-1", []part{{article.Boilerplate, "Copyright 2024 The Associated Press. All rights reserved."}}, "AP"},
		"the intake's name":            {"Reuters", []part{{article.Paragraph, "Oil rose."}}, "Reuters"},
		"a credit alone says nothing":  {"site-1", []part{{article.CreditLine, "© Ann Lee/dpa"}}, ""},
		"a photo agency never is it":   {"site-1", []part{{article.Signoff, "Getty Images"}}, ""},
		"prose says nothing":           {"site-1", []part{{article.Paragraph, "He told Reuters and AFP."}}, ""},
		"dateline before a source":     {"site-1", []part{{article.Dateline, "PARIS (AFP) -"}, {article.Boilerplate, "Source: Reuters"}}, "AFP"},
		"nothing at all":               {"", nil, ""},
		"French form of Keystone-SDA":  {"site-1", []part{{article.Signoff, "ats"}}, "ATS"},
		"German form of Keystone-SDA":  {"site-1", []part{{article.Signoff, "(sda)"}}, "Keystone-SDA"},
		"a picture beside a byline":    {"site-1", []part{{article.CreditLine, "Foto: dpa"}, {article.Byline, "Von Ann Lee"}}, ""},
		"the agency's name in full":    {"site-1", []part{{article.Signoff, "Australian Associated Press"}}, "AAP"},
		"boilerplate without a reason": {"site-1", []part{{article.Boilerplate, "More from Reuters"}}, ""},
	} {
		b := article.Builder{Signer: "format/x", Version: 1}
		for _, p := range c.parts {
			b.Add(p.kind, p.text)
		}
		var a article.Article
		b.Fill(&a)
		a.Source, a.Provider = c.source, c.source
		for range 2 { // twice gives the same as once
			if err := e.Enrich(context.Background(), &a); err != nil {
				t.Fatal(err)
			}
			if a.Agency.Value != c.want || (c.want != "") != (len(a.Agency.Evidence) > 0) {
				t.Errorf("%s: got %+v, want %q", name, a.Agency, c.want)
			}
		}
	}
	stated := article.Article{Text: "x", Source: "Reuters", Agency: article.Label{Value: "dpa"}}
	if err := e.Enrich(context.Background(), &stated); err != nil || stated.Agency.Value != "dpa" {
		t.Errorf("what a decoder stated became %+v, %v", stated.Agency, err)
	}
}
