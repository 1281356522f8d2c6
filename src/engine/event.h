// event: what the engine tells its listeners while a run goes on. The engine names no listener: it
// hands each event to one function that `cli` gave it (record/hub, which masks secrets and passes
// it on). An event's data is plain, so that every listener and every report sees the same facts.
#pragma once

#include <stdint.h>

#include "base/value.h"

enum event_type {
    // name, summary, file, mode ("live" | "plan"), offline, world (its file), run (its id), params
    // { name: text, secrets
    // masked }, assumed [ name ] (secrets that an offline plan has stand-ins for),
    // phases [ { name, steps [ name ] } ] (those that will run), user, host
    EVENT_RUN_STARTED,
    EVENT_PHASE_STARTED, // on_failure, keep_going, help
    EVENT_STEP_STARTED,  // attempt (1, 2, ...), spent (of these, before it was resumed after it had
                         // failed), where ("file.lua:12")
    // access ("read" | "write" | "time" | "human"), kind ("http.request"), summary, position ("3"
    // or
    // "3.1.2" inside parallel), target; sent before it is performed, not in plan mode
    EVENT_EFFECT_STARTED,
    // as above, and: outcome ("done" | "failed" | "suppressed" | "cancelled"), error (text or
    // null), code (of base/code.h, with an error that has one, or null),
    // refused (a write that changed nothing, in a plan: that would change nothing, as its author
    // declares with a basis "declared"),
    // seconds, answer (one short line for people, or null), diff [ { path, old, new } ] (writes),
    // note (text or null). Plan: sure ("read live" | "checked by the server" | "assumed" | "not
    // known" | "refused by the server"), basis (of what is assumed: "declared" | "planned" |
    // "world", or null), stale (true: read before a change that was not made), unchanged (true: the
    // write would leave its object as it is), system, scope
    // ("step:NAME#1"), fingerprint (of kind, system and arguments, secrets masked), details
    // [ { name, text } ] (of a write: what its summary does not say)
    EVENT_EFFECT_ENDED,
    // ok, text, where. Plan: later (true: cannot be known before the change is made), stale and
    // assumed (true: the step has read what is so before the change, or what was assumed)
    EVENT_CHECK,
    // gate: name, query, limit ("below 0.5 %"), value (text, or null when there is none), ok,
    // verdict ("pass" | "breach" | "no data" | "too few" | "error" | "not known"), text. Plan: sure
    // and basis, as of effects
    EVENT_GATE,
    // level ("info" | "warn" | "error" | "link"), text. While an undo waits for who does not
    // answer:
    // code (of its failure), attempt, retry_in (seconds), next (when it is tried again, in
    // milliseconds since 1970)
    EVENT_LOG,
    EVENT_TABLE, // title, columns [ text ], rows [ [ text ] ]
    // A wait or bake under way, about once a second: label, elapsed, remaining (seconds or null),
    // figures [ { name, value, limit, ok } ] (texts; may be empty)
    EVENT_PROGRESS,
    EVENT_ASKED,    // kind ("approve" | "confirm" | "text"), question
    EVENT_ANSWERED, // question, answer, by ("terminal" | "--yes" | "plan")
    // outcome ("ok" | "failed" | "skipped" | "stopped" | "open": an offline plan lacks an answer),
    // error { kind, code, text, where, detail } or null,
    // seconds, attempts, retry_in (seconds until the next attempt, or null), reason (of a skip),
    // result (what the step returned, or null), writes (how many it made)
    EVENT_STEP_ENDED,
    // outcome, seconds. Plan: if_it_fails: what becomes of the changes if its last step fails, as
    // undo_plan.h says
    EVENT_PHASE_ENDED,
    EVENT_ROLLBACK_STARTED, // cause (text), wished (by a person), generation (1, 2, ...), steps
                            // [ name ] in the order in which they are undone, idle (nothing had
                            // been changed)
    EVENT_UNDO_STARTED,     // (effects and checks between these two belong to the undo of `step`)
    EVENT_UNDO_ENDED,       // outcome ("ok" | "failed"), error, seconds, attempts
    EVENT_ROLLBACK_ENDED,   // outcome, undone, failed [ { step, error } ]
    // outcome ("done" | "failed" | "stopped" | "planned" | "rolled back"), exit (code), headline
    // (one sentence),
    // seconds, counts { steps, failed, skipped, reads, writes, unchanged (of the writes of a plan),
    // waits, asks, checks },
    // not_undone [ { step, text, lasting, in_doubt (it may have changed nothing) } ] (changes that
    // stand though the run failed), next (what to type
    // or
    // do next, or null), planned_seconds (plan: the expected duration)
    EVENT_RUN_ENDED,
};

struct event {
    enum event_type type;
    int64_t at;         // milliseconds since 1970
    const char *phase;  // NULL outside of one
    const char *step;   // NULL outside of one
    struct value *data; // an object; lives as long as the call
};

// "run.started", "effect.ended" ...: the name that ndjson and reports show.
const char *event_name(enum event_type);

// Where the engine sends events.
struct listener {
    void (*hear)(struct listener *, const struct event *);
};
