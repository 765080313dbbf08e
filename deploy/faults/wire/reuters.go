package wire

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// maxLine bounds one report of a file, in bytes.
const maxLine = 4 << 20

// Texts reads a file of reports, gzip, one JSON object with "title" and "body"
// a line; of a folder, its only *.jsonl.gz. Reports without a body are left out.
func Texts(path string) (texts []Text, err error) {
	if info, err := os.Stat(path); err != nil {
		return nil, err
	} else if info.IsDir() {
		found, err := filepath.Glob(filepath.Join(path, "*.jsonl.gz"))
		if err != nil || len(found) != 1 {
			return nil, fmt.Errorf("%s holds %d files *.jsonl.gz, want 1", path, len(found))
		}
		path = found[0]
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	lines := bufio.NewScanner(io.Reader(z))
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		var report struct {
			Title string `json:"title"`
			Body  string `json:"body"`
		}
		if err := json.Unmarshal(lines.Bytes(), &report); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		if strings.TrimSpace(report.Body) != "" && report.Title != "" {
			texts = append(texts, Text{report.Title, report.Body})
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("%s holds no report with title and body", path)
	}
	return texts, nil
}
