package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	psdl "psdl/bindings/go"
)

// handler answers reviews with what a pool of evaluators says. Whatever goes wrong, it never allows what was not
// evaluated to its end.
type handler struct {
	pool     *psdl.Pool
	maxBytes int64
	timeout  time.Duration
}

// newHandler compiles a level of the Pod Security Standards for `size` reviews at once.
func newHandler(level, version string, size int) (*handler, error) {
	compiler, err := psdl.NewCompiler(psdl.CompilerOptions{})
	if err != nil {
		return nil, err
	}
	defer compiler.Close()
	if err := compiler.AddLevel(level, psdl.LevelOptions{Version: version}); err != nil {
		return nil, err
	}
	policy, err := compiler.Build()
	if err != nil {
		return nil, err
	}
	defer policy.Close()
	pool, err := policy.NewPool(size, psdl.EvaluatorOptions{})
	if err != nil {
		return nil, err
	}
	// The API server takes objects of up to 3 MiB; a review holds two and some words about them.
	return &handler{pool: pool, maxBytes: 7 << 20, timeout: 5 * time.Second}, nil
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, code, err := h.readBody(w, r)
	if err != nil {
		http.Error(w, err.Error(), code)
		return
	}
	asked, err := readReview(body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), h.timeout)
	defer cancel()
	answer := h.judge(ctx, asked)
	answer.UID = asked.UID

	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(review{APIVersion: reviewVersion, Kind: reviewKind, Response: answer}); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(out.Bytes()) // the API server takes an answer it does not get for a failure
}

func (h *handler) readBody(w http.ResponseWriter, r *http.Request) ([]byte, int, error) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, http.StatusMethodNotAllowed, errors.New("reviews come by POST")
	}
	if media, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || media != "application/json" {
		return nil, http.StatusUnsupportedMediaType, errors.New("reviews are application/json")
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, h.maxBytes))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return nil, http.StatusRequestEntityTooLarge, err
	}
	return body, http.StatusBadRequest, err
}

// Requests about a pod that carry no pod.
var withoutPod = map[string]bool{
	"attach": true, "binding": true, "eviction": true, "exec": true, "log": true, "portforward": true, "proxy": true,
	"status": true,
}

func (h *handler) judge(ctx context.Context, asked *request) *response {
	if asked.Operation == "DELETE" || asked.Operation == "CONNECT" {
		return allowed(asked.Operation + " is not judged")
	}
	if withoutPod[asked.SubResource] {
		return allowed("the subresource " + asked.SubResource + " is not judged")
	}
	if object := strings.TrimSpace(string(asked.Object)); object == "" || object == "null" {
		return denied(http.StatusUnprocessableEntity, "the review has no object to judge")
	}
	result, err := h.pool.Evaluate(ctx, psdl.Document{Name: "object", Text: asked.Object, Format: psdl.FormatJSON})
	if err != nil {
		return denied(http.StatusInternalServerError, "not evaluated: "+err.Error())
	}
	defer result.Close()
	findings, err := result.Findings()
	if err != nil {
		return denied(http.StatusInternalServerError, "not evaluated: "+err.Error())
	}
	return answerOf(result.Verdict(), findings)
}

func answerOf(verdict psdl.Verdict, findings []psdl.Finding) *response {
	var errors, warnings []string
	for _, finding := range findings {
		text := fmt.Sprintf("%s: %s (at %s)", finding.Rule, finding.Message, finding.Place.Path)
		if finding.Severity == psdl.SeverityError {
			errors = append(errors, text)
		} else {
			warnings = append(warnings, text)
		}
	}
	var answer *response
	switch verdict {
	case psdl.VerdictAllow:
		answer = &response{Allowed: true}
	case psdl.VerdictSkipped:
		answer = allowed("the object holds no pod")
	case psdl.VerdictDeny:
		answer = denied(http.StatusForbidden, strings.Join(errors, "; "))
	default:
		answer = denied(http.StatusInternalServerError, "not evaluated")
	}
	answer.Warnings = warnings
	return answer
}

func allowed(why string) *response { return &response{Allowed: true, Status: &status{Message: why}} }

func denied(code int, why string) *response {
	return &response{Status: &status{Code: code, Message: why}}
}
