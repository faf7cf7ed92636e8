// verify: whether the database is sound, every tenant's book too: what `ashlar verify` does.
//
// Prints a line for each book, and one for each thing that is wrong: table, row, what. Works beside
// a running server: each book is read at one moment.
#pragma once

#include <string>
#include <vector>

#include "app/config.h"
#include "base/result.h"

namespace ashlar::app {

// `head_files`: heads of books that were kept (GET /v1/ledger/head). Error: kInternal damaged, once
// everything was looked at; head_malformed, kNotFound tenant_not_found of a file that names none.
base::Status verify(const Config& config, const std::vector<std::string>& head_files);

}  // namespace ashlar::app
