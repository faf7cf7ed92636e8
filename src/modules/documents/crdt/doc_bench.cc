// B4: the typing of a paper (a real trace of 259,778 edits, one update each), as yjs made them.
//
//   ASHLAR_B4=folder doc_bench        with b4.updates (each with its length before it, 4 bytes,
//                                     little-endian) and b4.v1 (the whole as one update)
// Without: the same kind of history, typed by chance, so that it runs anywhere.
#include <benchmark/benchmark.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "modules/documents/crdt/doc.h"

namespace ashlar::crdt {
namespace {

struct Trace {
  std::vector<std::string> updates;
  std::string whole;
};

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

Trace recorded(const std::string& folder) {
  Trace trace;
  const std::string all = read_file(folder + "/b4.updates");
  for (std::size_t at = 0; at + 4 <= all.size();) {
    std::uint32_t size = 0;
    std::memcpy(&size, all.data() + at, 4);
    trace.updates.push_back(all.substr(at + 4, size));
    at += 4 + size;
  }
  trace.whole = read_file(folder + "/b4.v1");
  return trace;
}

// Mostly at the cursor, which jumps now and then; three deletions in ten.
Trace typed() {
  Trace trace;
  std::mt19937 random(4);  // NOLINT(*-msc51-cpp): the same trace each time
  Doc doc({.client = 1});
  std::uint64_t cursor = 0;
  for (int i = 0; i < 100'000; ++i) {
    const std::uint64_t length = doc.length("text");
    if (random() % 20 == 0) cursor = random() % (length + 1);
    if (random() % 10 < 3 && cursor > 0) {
      trace.updates.push_back(doc.remove("text", --cursor, 1).value());
    } else {
      trace.updates.push_back(doc.insert_text("text", cursor++, "e").value());
    }
  }
  trace.whole = doc.encode();
  return trace;
}

const Trace& trace() {
  static const Trace made = [] {
    const char* folder = std::getenv("ASHLAR_B4");
    return folder == nullptr ? typed() : recorded(folder);
  }();
  return made;
}

void BM_IngestOneByOne(benchmark::State& state) {
  std::size_t bytes = 0;
  for (auto _ : state) {
    Doc doc({});
    for (const std::string& update : trace().updates) {
      if (!doc.apply(update).ok()) return state.SkipWithError("refused");
    }
    if (doc.encode() != trace().whole) return state.SkipWithError("another document");
    bytes = doc.size().bytes;
  }
  state.counters["updates"] = static_cast<double>(trace().updates.size());
  state.counters["resident"] = static_cast<double>(bytes);
}
BENCHMARK(BM_IngestOneByOne)->Unit(benchmark::kMillisecond);

void BM_LoadOneUpdate(benchmark::State& state) {
  Doc::Size size;
  for (auto _ : state) {
    Doc doc({});
    if (!doc.apply(trace().whole).ok()) return state.SkipWithError("refused");
    size = doc.size();
  }
  state.counters["structs"] = static_cast<double>(size.structs);
  state.counters["resident"] = static_cast<double>(size.bytes);
}
BENCHMARK(BM_LoadOneUpdate)->Unit(benchmark::kMillisecond);

void BM_Encode(benchmark::State& state) {
  Doc doc({});
  if (!doc.apply(trace().whole).ok()) return state.SkipWithError("refused");
  for (auto _ : state) benchmark::DoNotOptimize(doc.encode());
}
BENCHMARK(BM_Encode)->Unit(benchmark::kMicrosecond);

void BM_ManyClientsInsertAtTheStart(benchmark::State& state) {
  std::vector<std::string> updates;
  for (ClientId client = 1; client <= static_cast<ClientId>(state.range(0)); ++client) {
    updates.push_back(Doc({.client = client}).insert_text("text", 0, "x").value());
  }
  for (auto _ : state) {
    Doc doc({});
    for (const std::string& update : updates) {
      if (!doc.apply(update).ok()) return state.SkipWithError("refused");
    }
  }
}
BENCHMARK(BM_ManyClientsInsertAtTheStart)->Arg(4000)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace ashlar::crdt
