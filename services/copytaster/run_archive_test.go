package copytaster

import (
	"os"
	"path/filepath"
	"testing"
)

// TestRunKeepsOriginals: `run` has a folder for the originals, unless a setting
// names an archive or it is told to have none.
func TestRunKeepsOriginals(t *testing.T) {
	home := filepath.Join(t.TempDir(), "local")
	for what, c := range map[string]struct {
		cmd  RunCmd
		env  map[string]string
		want string
	}{
		"by default":               {RunCmd{}, nil, filepath.Join(home, "archive")},
		"as said":                  {RunCmd{Archive: filepath.Join(home, "here")}, nil, filepath.Join(home, "here")},
		"none":                     {RunCmd{Archive: "none"}, nil, ""},
		"a setting for all":        {RunCmd{}, map[string]string{"COPYTASTER_ARCHIVE_DIR": "elsewhere"}, ""},
		"a setting of one service": {RunCmd{}, map[string]string{"COPYTASTER_SEARCH_ARCHIVE_DIR": "elsewhere"}, ""},
		"an object store": {RunCmd{}, map[string]string{
			"COPYTASTER_ARCHIVE_S3_ENDPOINT": "https://store.example", "COPYTASTER_ARCHIVE_S3_BUCKET": "press", "COPYTASTER_ARCHIVE_S3_ACCESS_KEY": "k", "COPYTASTER_ARCHIVE_S3_SECRET_KEY": "s",
		}, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Setenv(envLocalDir, home)
			for k, v := range c.env {
				t.Setenv(k, v)
			}
			of, err := c.cmd.archive(nil)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range []string{"ingest", "search"} {
				args := of(s)
				if c.want == "" && len(args) != 0 || c.want != "" && (len(args) != 1 || args[0] != "--archive-dir="+c.want) {
					t.Errorf("%s gets %v, want %q", s, args, c.want)
				}
			}
			if args := of("enrich"); len(args) != 0 {
				t.Errorf("enrich gets %v", args)
			}
		})
	}
	if i, err := os.Stat(home); err != nil || !i.IsDir() {
		t.Errorf("the folder around it: %v", err)
	}
}
