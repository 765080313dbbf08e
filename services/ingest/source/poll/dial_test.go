package poll

import (
	"net/http"
	"net/netip"
	"testing"
	"time"
)

func TestPublic(t *testing.T) {
	for a, want := range map[string]bool{
		"8.8.8.8": true, "2606:4700::1111": true, "127.0.0.1": false, "10.1.2.3": false, "172.16.0.1": false, "192.168.1.1": false,
		"169.254.169.254": false, "100.64.0.1": false, "0.0.0.0": false, "224.0.0.1": false, "255.255.255.255": false, "198.18.0.1": false,
		"::1": false, "::": false, "fe80::1": false, "fd00::1": false, "ff02::1": false, "::ffff:127.0.0.1": false, "::ffff:8.8.8.8": true,
		"64:ff9b::7f00:1": false, "2002:7f00:1::": false, "::127.0.0.1": false,
	} {
		if got := public(netip.MustParseAddr(a)); got != want {
			t.Errorf("%s: %v", a, got)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 4, 20, 6, 0, 0, 0, time.UTC)
	for s, want := range map[string]time.Duration{
		"": 0, "30": 30 * time.Second, "-5": 0, "999999999": maxRetryAfter, "soon": 0,
		now.Add(time.Minute).Format(http.TimeFormat): time.Minute, now.Add(-time.Minute).Format(http.TimeFormat): 0,
	} {
		if got := retryAfter(s, now); got != want {
			t.Errorf("%q: %v, want %v", s, got, want)
		}
	}
}

func TestBackoff(t *testing.T) {
	for failures, want := range map[int]time.Duration{1: 2 * time.Minute, 2: 4 * time.Minute, 3: 8 * time.Minute, 60: maxBackoff} {
		if got := backoff(time.Minute, failures); got != want {
			t.Errorf("%d failures: %v, want %v", failures, got, want)
		}
	}
	if got := backoff(24*time.Hour, 3); got != 24*time.Hour {
		t.Errorf("a slow feed is asked sooner after errors: %v", got)
	}
}
