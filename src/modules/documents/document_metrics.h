// DocumentMetrics: what is counted of open documents.
#pragma once

#include "platform/observability/metrics.h"

namespace ashlar::documents {

struct DocumentMetrics {
  explicit DocumentMetrics(obs::Registry& registry)
      : updates(registry.make_counter("ashlar_documents_updates_total",
                                      "Updates that changed a document.")),
        deliveries(registry.make_counter("ashlar_documents_deliveries_total",
                                         "Updates handed to those who have the document open.")),
        refused(registry.make_counter("ashlar_documents_updates_refused_total",
                                      "Updates that were refused.")),
        reloads(registry.make_counter("ashlar_documents_reloads_total",
                                      "Documents dropped because a write failed.")),
        reads_again(registry.make_counter(
            "ashlar_documents_reads_again_total",
            "Reads of what other instances wrote that failed, and were made again.")),
        loads(
            registry.make_counter("ashlar_documents_loads_total", "Documents read from the log.")),
        unloads(registry.make_counter("ashlar_documents_unloads_total",
                                      "Documents that left memory, unused.")),
        open(registry.make_gauge("ashlar_documents_open", "Documents in memory.")),
        sessions(registry.make_gauge("ashlar_documents_sessions", "Visits of documents.")),
        presence_refused(
            registry.make_counter("ashlar_documents_presence_refused_total",
                                  "States of presence that their document had no room for.")),
        presence_sent(
            registry.make_counter("ashlar_documents_presence_packets_sent_total",
                                  "Packets in which other instances were told who is present.")),
        presence_heard(
            registry.make_counter("ashlar_documents_presence_packets_heard_total",
                                  "Packets in which other instances told who is present.")),
        presence_failed(registry.make_counter(
            "ashlar_documents_presence_packets_failed_total",
            "Packets about presence that could not be sent, and were sent again.")),
        presence_unknown(registry.make_counter(
            "ashlar_documents_presence_records_unknown_total",
            "Records of other instances that this version does not know, and left out.")),
        session_questions(
            registry.make_counter("ashlar_documents_session_questions_total",
                                  "Questions of other instances about sessions, and to end one.")),
        session_silences(registry.make_counter(
            "ashlar_documents_session_silences_total",
            "Instances that were asked about sessions and had not answered in time.")),
        instances(registry.make_gauge("ashlar_documents_instances",
                                      "Other instances that have told of presence and live.")),
        load_s(registry.make_histogram("ashlar_documents_load_seconds",
                                       "Time from the log to memory.", obs::latency_buckets_s())) {}

  obs::Counter& updates;
  obs::Counter& deliveries;
  obs::Counter& refused;
  obs::Counter& reloads;
  obs::Counter& reads_again;
  obs::Counter& loads;
  obs::Counter& unloads;
  obs::Gauge& open;
  obs::Gauge& sessions;
  obs::Counter& presence_refused;
  obs::Counter& presence_sent;
  obs::Counter& presence_heard;
  obs::Counter& presence_failed;
  obs::Counter& presence_unknown;
  obs::Counter& session_questions;
  obs::Counter& session_silences;
  obs::Gauge& instances;
  obs::Histogram& load_s;
};

}  // namespace ashlar::documents
