// Command embedding compares what a Go host pays for one document: PSDL through cgo, and OPA's own Go library. Both get
// the bytes of a document, read them, and answer one rule. Nanoseconds of the process, medians of rounds in turns.
//
//	go run . [-rounds 21] [-times 500] [-rule ../rule.rego] pod.json..
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"sort"
	"syscall"

	"github.com/open-policy-agent/opa/v1/rego"

	psdl "psdl/bindings/go"
)

// A judge gives the number of findings.
type judge func(document []byte) (int, error)

func ofPSDL(ctx context.Context, rule string) (judge, error) {
	policy, err := psdl.Compile(psdl.Source{Name: "rule.rego", Text: rule})
	if err != nil {
		return nil, err
	}
	// OPA checks no types and knows no places.
	evaluator, err := policy.NewEvaluator(psdl.EvaluatorOptions{TrustTypes: true, WithoutPlaces: true})
	if err != nil {
		return nil, err
	}
	result, err := evaluator.NewResult()
	if err != nil {
		return nil, err
	}
	return func(document []byte) (int, error) {
		if _, err := evaluator.EvaluateInto(ctx, psdl.Document{Text: document, Format: psdl.FormatJSON}, result); err != nil {
			return 0, err
		}
		findings, err := result.Findings()
		return len(findings), err
	}, nil
}

func ofOPA(ctx context.Context, rule string) (judge, error) {
	query, err := rego.New(rego.Query("data.example.deny"), rego.Module("rule.rego", rule)).PrepareForEval(ctx)
	if err != nil {
		return nil, err
	}
	return func(document []byte) (int, error) {
		var input any
		if err := json.Unmarshal(document, &input); err != nil {
			return 0, err
		}
		results, err := query.Eval(ctx, rego.EvalInput(input))
		if err != nil {
			return 0, err
		}
		return len(results[0].Expressions[0].Value.([]any)), nil
	}, nil
}

// processNS counts OPA's garbage collector too, which has its own threads.
func processNS() int64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		log.Fatal(err)
	}
	return usage.Utime.Nano() + usage.Stime.Nano()
}

func measure(judge judge, document []byte, times int) (nanoseconds float64, findings int) {
	begun := processNS()
	for i := 0; i < times; i++ {
		var err error
		if findings, err = judge(document); err != nil {
			log.Fatal(err)
		}
	}
	return float64(processNS()-begun) / float64(times), findings
}

func main() {
	rounds := flag.Int("rounds", 21, "rounds")
	times := flag.Int("times", 500, "evaluations of a round")
	ruleFile := flag.String("rule", "../rule.rego", "rule")
	flag.Parse()
	rule, err := os.ReadFile(*ruleFile)
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	judges := []func(context.Context, string) (judge, error){ofPSDL, ofOPA}
	for _, file := range flag.Args() {
		document, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		medians, found := make([]float64, len(judges)), make([]int, len(judges))
		spent := make([][]float64, len(judges))
		made := make([]judge, len(judges))
		for i, begin := range judges {
			if made[i], err = begin(ctx, string(rule)); err != nil {
				log.Fatal(err)
			}
		}
		for round := 0; round < *rounds; round++ {
			for i, judge := range made {
				nanoseconds, findings := measure(judge, document, *times)
				spent[i], found[i] = append(spent[i], nanoseconds), findings
			}
		}
		for i := range judges {
			sort.Float64s(spent[i])
			medians[i] = spent[i][len(spent[i])/2]
		}
		if found[0] != found[1] {
			log.Fatalf("%s: PSDL finds %d, OPA %d", file, found[0], found[1])
		}
		fmt.Printf("%s (%d bytes, %d findings): PSDL %.0f ns, OPA %.0f ns, %.1f times\n", filepath.Base(file), len(document), found[0],
			medians[0], medians[1], medians[1]/medians[0])
	}
}
