// How both engines call a transaction function.
#pragma once

#include <functional>
#include <vector>

#include "base/result.h"

namespace ashlar::storage {

class Transaction;

// True while this thread runs a transaction function: read() and write() inside one would wait for
// themselves.
bool inside_transaction_function();

// What is thrown becomes kInternal storage_error: one function must not take down the thread that
// runs those of others.
base::Status call_transaction_function(const std::function<base::Status(Transaction&)>& body,
                                       Transaction& tx);

// Runs what was registered with on_commit, in order. It may not use the database either.
void call_on_commit(const std::vector<std::function<void()>>& functions);

}  // namespace ashlar::storage
