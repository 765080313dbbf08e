package document

import (
	"net/url"
	"strings"

	"github.com/PuerkitoBio/purell"
	"golang.org/x/net/publicsuffix"
)

// tracking are query parameters that say how a reader came to a page, not
// which page it is. Names ending in "*" are prefixes.
var tracking = []string{
	"utm_*", "mtm_*", "pk_*", "piwik_*", "hsa_*", "oly_*", "vero_*", "_hs*", "at_medium", "at_campaign*", "at_custom*",
	"fbclid", "gclid", "gclsrc", "dclid", "wbraid", "gbraid", "msclkid", "yclid", "twclid", "igshid", "igsh", "li_fat_id",
	"mc_cid", "mc_eid", "mkt_tok", "s_kwcid", "ns_campaign", "ns_mchannel", "ns_source", "ns_linkname", "cmpid", "cmp",
	"xtor", "wt_mc", "wt_zmc", "wtrid", "ito", "ocid", "smid", "smtyp", "sr_share", "ftag", "guccounter", "guce_referrer*",
	"_ga", "_gl", "__twitter_impression", "amp_js_v", "amp_gsa", "ref_src", "ref_url", "trk", "spm", "rss",
}

// maxURL is the longest address that is looked at, in bytes.
const maxURL = 2048

// CanonicalURL is the address that all links to one page should share: lower
// case host, no default port, no dot segments, no fragment, sorted query, no
// tracking parameters. ok is false for what is no absolute http(s) address.
func CanonicalURL(raw string) (s string, ok bool) {
	raw = strings.TrimSpace(raw)
	if raw == "" || len(raw) > maxURL {
		return "", false
	}
	u, err := url.Parse(raw)
	if err != nil || u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https" {
		return "", false
	}
	if u.RawQuery != "" {
		q, err := url.ParseQuery(u.RawQuery)
		if err == nil {
			changed := false
			for k := range q {
				if isTracking(k) {
					q.Del(k)
					changed = true
				}
			}
			if changed {
				u.RawQuery = q.Encode()
			}
		}
	}
	s = purell.NormalizeURL(u, purell.FlagsSafe|purell.FlagRemoveDotSegments|purell.FlagRemoveFragment|
		purell.FlagRemoveDuplicateSlashes|purell.FlagSortQuery|purell.FlagRemoveEmptyQuerySeparator)
	// What normalising makes of a strange address must itself be one.
	if _, err := url.Parse(s); err != nil || len(s) > maxURL {
		return "", false
	}
	return s, true
}

func isTracking(name string) bool {
	name = strings.ToLower(name)
	for _, t := range tracking {
		if p, isPrefix := strings.CutSuffix(t, "*"); isPrefix && strings.HasPrefix(name, p) || name == t {
			return true
		}
	}
	return false
}

// SameSite tells whether two addresses belong to one registrable domain
// ("www.dpa.com" and "feeds.dpa.com"), or name the same host where there is
// none (an IP address, a host of the own network).
func SameSite(a, b string) bool {
	x, y := site(a), site(b)
	return x != "" && x == y
}

func site(raw string) string {
	u, err := url.Parse(raw)
	if err != nil {
		return ""
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if d, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil && strings.Trim(host, "0123456789.") != "" {
		return d
	}
	return host
}

// Resolve makes ref absolute against base; "" if it can't be made an http(s)
// address.
func Resolve(base, ref string) string {
	ref = strings.TrimSpace(ref)
	if ref == "" || len(ref) > maxURL {
		return ""
	}
	u, err := url.Parse(ref)
	if err != nil {
		return ""
	}
	if !u.IsAbs() {
		b, err := url.Parse(base)
		if err != nil || !b.IsAbs() {
			return ""
		}
		u = b.ResolveReference(u)
	}
	if u.Hostname() == "" || u.Scheme != "http" && u.Scheme != "https" {
		return ""
	}
	return u.String()
}
