package main

import (
	"encoding/json"
	"errors"
)

// What admission.k8s.io/v1 says of a review, as far as a judge of pods needs it.

const (
	reviewVersion = "admission.k8s.io/v1"
	reviewKind    = "AdmissionReview"
)

type review struct {
	APIVersion string    `json:"apiVersion"`
	Kind       string    `json:"kind"`
	Request    *request  `json:"request,omitempty"`
	Response   *response `json:"response,omitempty"`
}

type request struct {
	UID         string          `json:"uid"`
	Operation   string          `json:"operation"`
	SubResource string          `json:"subResource"`
	Object      json.RawMessage `json:"object"`
}

type response struct {
	UID      string   `json:"uid"`
	Allowed  bool     `json:"allowed"`
	Status   *status  `json:"status,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
}

type status struct {
	Code    int    `json:"code,omitempty"`
	Message string `json:"message"`
}

// readReview refuses what is no review of this version: there is nothing to answer it with.
func readReview(body []byte) (*request, error) {
	var read review
	if err := json.Unmarshal(body, &read); err != nil {
		return nil, err
	}
	if read.APIVersion != reviewVersion || read.Kind != reviewKind {
		return nil, errors.New("not a " + reviewKind + " of " + reviewVersion)
	}
	if read.Request == nil || read.Request.UID == "" || read.Request.Operation == "" {
		return nil, errors.New("a review without a request, its uid or its operation")
	}
	return read.Request, nil
}
