// The process's limit of open files, and how many connections fit into it.
//
// Each connection is an open file. Where the kernel gives fewer than http.max_connections asks for,
// the server takes fewer and refuses the rest itself, so that there are always files left for the
// database: running out of them must not be how the limit is found.
#pragma once

#include <cstdint>

#include "base/result.h"

namespace ashlar::app {

struct Config;

// Raises the soft limit to the hard one; how many files may be open then. Error: kUnavailable
// file_limit.
base::Result<std::uint64_t> raise_file_limit();

// Files that a server with these settings opens beside its clients' connections, at most.
std::uint64_t files_beside_connections(const Config& config);

// Lowers http.max_connections to what fits. Error: kUnavailable too_few_files: not one would.
base::Status fit_connections(Config& config, std::uint64_t open_files);

}  // namespace ashlar::app
