// Command schema prints, as JSON, what the Go types of the Kubernetes API say about themselves:
// their kinds, and for each field its JSON name, type, protobuf numbers and patch strategy.
// scripts/generate-schema.ts merges this with what a running API server says.
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path"
	"reflect"
	"sort"
	"strconv"
	"strings"

	apiextensions "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes/scheme"
	apiregistration "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
)

type field struct {
	Name string `json:"name"`
	// Type in the notation of src/k8s/schema/schema-table.ts: "int32", "[]X", "{}X".
	Type string `json:"type"`
	// GoType is how Go's messages call it, when Type does not say.
	GoType        string `json:"goType,omitempty"`
	Protobuf      []int  `json:"protobuf"`
	Pointer       bool   `json:"pointer,omitempty"`
	OmitEmpty     bool   `json:"omitEmpty,omitempty"`
	PatchStrategy string `json:"patchStrategy,omitempty"`
	PatchMergeKey string `json:"patchMergeKey,omitempty"`
}

type kind struct {
	Group   string `json:"group"`
	Version string `json:"version"`
	Kind    string `json:"kind"`
	Type    string `json:"type"`
}

type facts struct {
	Kinds []kind             `json:"kinds"`
	Types map[string][]field `json:"types"`
}

// Types that write their own JSON. A union is a schema or a list, or a schema or a boolean.
var scalars = map[reflect.Type]string{
	reflect.TypeFor[resource.Quantity]():                          "quantity",
	reflect.TypeFor[metav1.Time]():                                "time",
	reflect.TypeFor[metav1.MicroTime]():                           "microTime",
	reflect.TypeFor[intstr.IntOrString]():                         "intOrString",
	reflect.TypeFor[metav1.FieldsV1]():                            "any",
	reflect.TypeFor[runtime.RawExtension]():                       "any",
	reflect.TypeFor[apiextensions.JSON]():                         "any",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrBool]():        "union",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrArray]():       "union",
	reflect.TypeFor[apiextensions.JSONSchemaPropsOrStringArray](): "union",
	reflect.TypeFor[[]byte]():                                     "bytes",
}

var scalarKinds = map[reflect.Kind]string{
	reflect.String:  "string",
	reflect.Bool:    "boolean",
	reflect.Int32:   "int32",
	reflect.Int64:   "int64",
	reflect.Float64: "double",
}

// Kinds that are not objects but frames around them, whose parts have no fixed type, or discovery.
var frames = map[string]bool{
	"WatchEvent": true, "Table": true, "TableOptions": true, "APIVersions": true,
	"APIGroup": true, "APIGroupList": true, "APIResourceList": true,
}

func main() {
	if err := apiextensions.AddToScheme(scheme.Scheme); err != nil {
		fail("%v", err)
	}
	if err := apiregistration.AddToScheme(scheme.Scheme); err != nil {
		fail("%v", err)
	}
	metav1.AddMetaToScheme(scheme.Scheme)
	out := facts{Types: map[string][]field{}}
	for gvk, t := range scheme.Scheme.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal || frames[gvk.Kind] {
			continue
		}
		out.Kinds = append(out.Kinds, kind{gvk.Group, gvk.Version, gvk.Kind, out.visit(t)})
	}
	sort.Slice(out.Kinds, func(i, j int) bool {
		a, b := out.Kinds[i], out.Kinds[j]
		return a.Group+"/"+a.Version+"/"+a.Kind < b.Group+"/"+b.Version+"/"+b.Kind
	})
	if err := json.NewEncoder(os.Stdout).Encode(out); err != nil {
		fail("%v", err)
	}
}

// visit writes down a struct type, and those that it needs, and returns its name.
func (f *facts) visit(t reflect.Type) string {
	name := typeName(t)
	if _, done := f.Types[name]; !done {
		f.Types[name] = []field{} // Before its fields: a type may contain itself.
		f.Types[name] = f.fields(t, nil)
	}
	return name
}

func (f *facts) fields(t reflect.Type, prefix []int) []field {
	fields := []field{}
	for i := range t.NumField() {
		member := t.Field(i)
		jsonTag := member.Tag.Get("json")
		name, options, _ := strings.Cut(jsonTag, ",")
		if name == "-" {
			continue
		}
		number := protobufNumber(member)
		if name == "" && (member.Anonymous || strings.Contains(options, "inline")) {
			inlined := f.fields(indirect(member.Type), append(clip(prefix), number...))
			if number == nil {
				// TypeMeta: in protobuf the envelope around the object carries it.
				for i := range inlined {
					inlined[i].Protobuf = []int{}
				}
			}
			fields = append(fields, inlined...)
			continue
		}
		if name == "" {
			fail("%v.%s has no JSON name", t, member.Name)
		}
		typeText := f.typeText(member.Type)
		goType := indirect(member.Type).String()
		if goType == defaultGoType(typeText) {
			goType = ""
		}
		fields = append(fields, field{
			Name:          name,
			Type:          typeText,
			GoType:        goType,
			Protobuf:      append(clip(prefix), number...),
			Pointer:       member.Type.Kind() == reflect.Pointer,
			OmitEmpty:     strings.Contains(options, "omitempty"),
			PatchStrategy: member.Tag.Get("patchStrategy"),
			PatchMergeKey: member.Tag.Get("patchMergeKey"),
		})
	}
	return fields
}

func (f *facts) typeText(t reflect.Type) string {
	t = indirect(t)
	if scalar, ok := scalars[t]; ok {
		return scalar
	}
	if scalar, ok := scalarKinds[t.Kind()]; ok {
		return scalar
	}
	switch t.Kind() {
	case reflect.Struct:
		return f.visit(t)
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return "bytes"
		}
		if isMessage(t) {
			fail("%v: a list that is a message, outside of a map", t)
		}
		return "[]" + f.typeText(t.Elem())
	case reflect.Map:
		if t.Key().Kind() != reflect.String {
			fail("%v: a map whose keys are no strings", t)
		}
		if element := t.Elem(); element.Kind() == reflect.Slice && element.Elem().Kind() != reflect.Uint8 {
			// Protobuf maps hold no lists, so Kubernetes wraps these in a message, field 1.
			if !isMessage(element) {
				fail("%v: a list in a map that is no message", t)
			}
			return "{}[]" + f.typeText(element.Elem())
		}
		return "{}" + f.typeText(t.Elem())
	}
	fail("%v: a kind of type that the table does not know", t)
	return ""
}

// defaultGoType is what src/k8s/schema/go-types.ts derives from a type's text.
func defaultGoType(text string) string {
	switch {
	case strings.HasPrefix(text, "[]"):
		return "[]" + defaultGoType(text[2:])
	case strings.HasPrefix(text, "{}"):
		return "map[string]" + defaultGoType(text[2:])
	}
	switch text {
	case "boolean":
		return "bool"
	case "double":
		return "float64"
	case "bytes":
		return "[]uint8"
	case "quantity":
		return "resource.Quantity"
	case "time":
		return "v1.Time"
	case "microTime":
		return "v1.MicroTime"
	case "intOrString":
		return "intstr.IntOrString"
	}
	if dot := strings.LastIndex(text, "."); dot >= 0 {
		return path.Base(strings.ReplaceAll(text[:dot], ".", "/")) + text[dot:]
	}
	return text
}

func protobufNumber(member reflect.StructField) []int {
	tag := member.Tag.Get("protobuf")
	if tag == "" {
		return nil
	}
	number, err := strconv.Atoi(strings.Split(tag, ",")[1])
	if err != nil {
		fail("%s: protobuf tag %q", member.Name, tag)
	}
	return []int{number}
}

// typeName is the name that OpenAPI gives a Go type: k8s.io/api/core/v1.Pod is io.k8s.api.core.v1.Pod.
func typeName(t reflect.Type) string {
	host, rest, _ := strings.Cut(t.PkgPath(), "/")
	labels := strings.Split(host, ".")
	for i, j := 0, len(labels)-1; i < j; i, j = i+1, j-1 {
		labels[i], labels[j] = labels[j], labels[i]
	}
	return strings.Join(labels, ".") + "." + strings.ReplaceAll(rest, "/", ".") + "." + t.Name()
}

func isMessage(t reflect.Type) bool {
	_, is := reflect.PointerTo(t).MethodByName("ProtoMessage")
	return is
}

func indirect(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// clip copies, so that siblings do not share what append writes to.
func clip(numbers []int) []int { return append([]int{}, numbers...) }

func fail(format string, arguments ...any) {
	fmt.Fprintf(os.Stderr, format+"\n", arguments...)
	os.Exit(1)
}
