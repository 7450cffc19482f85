package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

func server(t *testing.T) (*httptest.Server, *handler) {
	t.Helper()
	handler, err := newHandler("restricted", "latest", 2)
	if err != nil {
		t.Fatal(err)
	}
	made := httptest.NewServer(routes(handler))
	t.Cleanup(made.Close)
	return made, handler
}

func post(t *testing.T, method, url, media string, body io.Reader) (int, []byte) {
	t.Helper()
	request, err := http.NewRequest(method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	if media != "" {
		request.Header.Set("Content-Type", media)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, text
}

// reviews are the cases of testdata/reviews.json. An object that is a word stands for one of its `objects`.
type reviews struct {
	Objects map[string]json.RawMessage
	Judged  []struct {
		Name    string
		Request map[string]any
		Allowed bool
		Code    int
		Message string
	}
	Refused []struct {
		Name, Method, Path, Body string
		Type                     *string
		Code                     int
	}
}

func readReviews(t *testing.T) *reviews {
	t.Helper()
	text, err := os.ReadFile("testdata/reviews.json")
	if err != nil {
		t.Fatal(err)
	}
	var out reviews
	if err := json.Unmarshal(text, &out); err != nil {
		t.Fatal(err)
	}
	for _, one := range out.Judged {
		for _, member := range []string{"object", "oldObject"} {
			if name, ok := one.Request[member].(string); ok {
				one.Request[member] = out.Objects[name]
			}
		}
	}
	return &out
}

func reviewOf(t *testing.T, request map[string]any) []byte {
	t.Helper()
	text, err := json.Marshal(map[string]any{"apiVersion": reviewVersion, "kind": reviewKind, "request": request})
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func answerIn(t *testing.T, text []byte) *response {
	t.Helper()
	var out review
	if err := json.Unmarshal(text, &out); err != nil || out.Response == nil {
		t.Fatalf("no answer: %s", text)
	}
	if out.APIVersion != reviewVersion || out.Kind != reviewKind || out.Request != nil {
		t.Errorf("no review of v1: %s", text)
	}
	return out.Response
}

func TestReviewsAreJudged(t *testing.T) {
	server, _ := server(t)
	for _, test := range readReviews(t).Judged {
		t.Run(test.Name, func(t *testing.T) {
			code, text := post(t, http.MethodPost, server.URL+"/validate?timeout=10s", "application/json",
				bytes.NewReader(reviewOf(t, test.Request)))
			if code != http.StatusOK {
				t.Fatalf("%d: %s", code, text)
			}
			got := answerIn(t, text)
			if got.UID != test.Request["uid"] || got.Allowed != test.Allowed {
				t.Errorf("%s", text)
			}
			var said status
			if got.Status != nil {
				said = *got.Status
			}
			if said.Code != test.Code || !strings.Contains(said.Message, test.Message) {
				t.Errorf("%s", text)
			}
			if !got.Allowed && said.Message == "" {
				t.Error("denied without a reason")
			}
		})
	}
}

func TestWhatIsNoReviewIsRefused(t *testing.T) {
	server, handler := server(t)
	for _, test := range readReviews(t).Refused {
		t.Run(test.Name, func(t *testing.T) {
			method, path, media := http.MethodPost, "/validate", "application/json; charset=utf-8"
			if test.Method != "" {
				method = test.Method
			}
			if test.Path != "" {
				path = test.Path
			}
			if test.Type != nil {
				media = *test.Type
			}
			code, text := post(t, method, server.URL+path, media, strings.NewReader(test.Body))
			if code != test.Code || strings.Contains(string(text), "allowed") {
				t.Errorf("%d: %s", code, text)
			}
		})
	}
	handler.maxBytes = 100
	for name, body := range map[string]io.Reader{
		"by its length": strings.NewReader(strings.Repeat(" ", 101)),
		"by chunks":     io.MultiReader(strings.NewReader(strings.Repeat(" ", 101))),
	} {
		code, text := post(t, http.MethodPost, server.URL+"/validate", "application/json", body)
		if code != http.StatusRequestEntityTooLarge {
			t.Errorf("a body too large %s: %d: %s", name, code, text)
		}
	}
}

func TestTimeIsOver(t *testing.T) {
	server, handler := server(t)
	handler.timeout = time.Nanosecond
	request := map[string]any{"uid": "1", "operation": "CREATE", "object": readReviews(t).Objects["good"]}
	body := bytes.NewReader(reviewOf(t, request))
	code, text := post(t, http.MethodPost, server.URL+"/validate", "application/json", body)
	if got := answerIn(t, text); code != http.StatusOK || got.Allowed || got.Status.Code != 500 || got.UID != "1" {
		t.Errorf("%d: %s", code, text)
	}
}

func TestManyReviewsAtOnce(t *testing.T) {
	server, _ := server(t)
	objects := readReviews(t).Objects
	var group sync.WaitGroup
	for i := 0; i < 16; i++ {
		allowed := i%2 == 0
		object := objects["bad"]
		if allowed {
			object = objects["good"]
		}
		body := reviewOf(t, map[string]any{"uid": "1", "operation": "CREATE", "object": object})
		group.Add(1)
		go func() {
			defer group.Done()
			answer, err := http.Post(server.URL+"/validate", "application/json", bytes.NewReader(body))
			if err != nil {
				t.Error(err)
				return
			}
			defer answer.Body.Close()
			var got review
			if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || got.Response.Allowed != allowed {
				t.Errorf("%v %+v", err, got.Response)
			}
		}()
	}
	group.Wait()
}

func TestUnknownLevel(t *testing.T) {
	if _, err := newHandler("strict", "latest", 1); err == nil {
		t.Error("taken")
	}
}

// What the README shows is what the server answers.
func TestReadme(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, shown, _ := strings.Cut(string(readme), "<!-- answer begins -->\n```json\n")
	shown, _, found := strings.Cut(shown, "```\n<!-- answer ends -->")
	if !found {
		t.Fatal("the README shows no answer")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	handler, err := newHandler("restricted", "latest", 1)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- serve(ctx, listener, routes(handler), "", "") }()
	body, err := os.Open("testdata/pod.json")
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	_, text := post(t, http.MethodPost, "http://"+listener.Addr().String()+"/validate", "application/json", body)
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if string(text) != shown {
		t.Errorf("answers %s", text)
	}
}
