// Edits as the API takes them, made in a document: all of them or none is told to anybody.
//
// Pure but for the document.
#pragma once

#include <string>

#include "base/result.h"
#include "modules/documents/crdt/any.h"
#include "modules/documents/crdt/doc.h"
#include "modules/documents/documents_json.h"
#include "platform/json/value.h"

namespace ashlar::documents {

// Whole numbers beyond 2^31 become doubles, as in JavaScript.
crdt::Any any_of(const json::Value& value);

// What is wrong with the edits by their form: kInvalid edit_incomplete, with the field.
base::Status check_edits(const EditsJson& edits);

// The update (V1) that says all of them. An error leaves the document as those before the wrong one
// have changed it: make them in a copy first. Errors: kInvalid edit_out_of_range, edit_wrong_type.
base::Result<std::string> make_edits(crdt::Doc& doc, const EditsJson& edits);

}  // namespace ashlar::documents
