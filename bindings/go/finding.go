package psdl

// #include "shim.h"
import "C"

// Precision tells what a place is.
type Precision int32

const (
	PrecisionExact     Precision = C.PSDL_PRECISION_EXACT     // the node itself
	PrecisionParent    Precision = C.PSDL_PRECISION_PARENT    // something is missing: its deepest ancestor
	PrecisionContainer Precision = C.PSDL_PRECISION_CONTAINER // no field is known
	PrecisionObject    Precision = C.PSDL_PRECISION_OBJECT
	PrecisionFile      Precision = C.PSDL_PRECISION_FILE
)

func (p Precision) String() string {
	switch p {
	case PrecisionExact:
		return "exact"
	case PrecisionParent:
		return "parent"
	case PrecisionContainer:
		return "container"
	case PrecisionObject:
		return "object"
	case PrecisionFile:
		return "file"
	}
	return "unknown"
}

// Place is a range of a text, half open. Line is 0 where no place is known.
type Place struct {
	File      string
	Path      string // JSON pointer in the object
	Label     string // of a related place: "this container"
	Offset    int64  // in bytes from the beginning of the text
	EndOffset int64
	Line      int // from 1
	Column    int // from 1, in code points
	EndLine   int
	EndColumn int
	Precision Precision
}

// Finding is what a rule says of a document.
type Finding struct {
	Document    int // the index of its verdict in Result.Documents
	Severity    Severity
	Rule        string // "PSS103"
	EntryPoint  string // "data.example.deny"
	Title       string
	Message     string // as the rule made it: to be escaped for where it is shown
	Container   string
	Missing     string // the name that is not there below the place's path
	Value       string // JSON of what stands there; may be empty
	Details     string // JSON of what the rule said besides; may be empty
	PSA         string // of a pod standard: the check's text as the API server prints it
	SourceFile  string // of the rule
	SourceLine  int
	Fingerprint string // the same for the same mistake wherever it moves in its file
	Place       Place
	Related     []Place // the nearest first
}

// Findings of all documents, in their order.
func (r *Result) Findings() ([]Finding, error) {
	var out []Finding
	err := r.read("findings", func(result C.uintptr_t) C.psdl_status {
		var count C.size_t
		status := C.go_result_finding_count(result, &count)
		out = make([]Finding, int(count))
		for index := 0; index < len(out) && status == C.PSDL_OK; index++ {
			status = readFinding(result, C.size_t(index), &out[index])
		}
		return status
	})
	if err != nil {
		return nil, err
	}
	return out, nil
}

func readFinding(result C.uintptr_t, index C.size_t, out *Finding) C.psdl_status {
	var raw C.psdl_finding
	raw.size = C.sizeof_psdl_finding
	if status := C.go_result_finding(result, index, &raw); status != C.PSDL_OK {
		return status
	}
	*out = Finding{
		Document: int(raw.document), Severity: Severity(raw.severity), Rule: goString(raw.rule),
		EntryPoint: goString(raw.entry_point), Title: goString(raw.title), Message: goString(raw.message),
		Container: goString(raw.container), Missing: goString(raw.missing), Value: goString(raw.value),
		Details: goString(raw.details), PSA: goString(raw.psa), SourceFile: goString(raw.source_file),
		SourceLine: int(raw.source_line), Fingerprint: goString(raw.fingerprint),
	}
	related := raw.related_count
	place := C.psdl_place{size: C.sizeof_psdl_place}
	status := C.go_result_place(result, index, &place)
	out.Place = placeOf(&place)
	for other := C.size_t(0); other < C.size_t(related) && status == C.PSDL_OK; other++ {
		place = C.psdl_place{size: C.sizeof_psdl_place}
		status = C.go_result_related(result, index, other, &place)
		out.Related = append(out.Related, placeOf(&place))
	}
	return status
}

func placeOf(raw *C.psdl_place) Place {
	return Place{
		File: goString(raw.file), Path: goString(raw.path), Label: goString(raw.label),
		Offset: int64(raw.offset), EndOffset: int64(raw.end_offset), Line: int(raw.line), Column: int(raw.column),
		EndLine: int(raw.end_line), EndColumn: int(raw.end_column), Precision: Precision(raw.precision),
	}
}
