#include "record/schema.h"

#include <stddef.h>

#define RUN_TABLE                                                                                  \
    "CREATE TABLE IF NOT EXISTS run("                                                              \
    " id TEXT PRIMARY KEY, name TEXT, summary TEXT, file TEXT, user TEXT, host TEXT, pid INTEGER," \
    " started INTEGER, ended INTEGER, outcome TEXT, exit INTEGER, headline TEXT, seed INTEGER,"    \
    " options TEXT, params TEXT);"

#define SOURCE_TABLE                                                                               \
    "CREATE TABLE IF NOT EXISTS source("                                                           \
    " run TEXT, module TEXT, chunk TEXT, text TEXT, PRIMARY KEY(run, module));"

// spent: attempts before somebody resumed it after it had failed; retry_at: when the next is due.
// withheld: why its result is not there. before: JSON, null when it returned nothing; SQL's NULL:
// it was not taken, or is withheld.
#define STEP_TABLE                                                                                 \
    "CREATE TABLE IF NOT EXISTS step("                                                             \
    " run TEXT, step TEXT, n INTEGER, phase TEXT, state INTEGER, attempts INTEGER, spent INTEGER," \
    " retry_at INTEGER, result TEXT, withheld TEXT, before TEXT, before_withheld TEXT,"            \
    " error TEXT, code TEXT, started INTEGER, ended INTEGER, PRIMARY KEY(run, step));"

// wished: a person asked for it. state: NULL while it is under way.
#define ROLLBACK_TABLE                                                                             \
    "CREATE TABLE IF NOT EXISTS rollback("                                                         \
    " run TEXT, generation INTEGER, cause TEXT, wished INTEGER, state INTEGER, started INTEGER,"   \
    " ended INTEGER, PRIMARY KEY(run, generation));"

#define UNDO_TABLE                                                                                 \
    "CREATE TABLE IF NOT EXISTS undo("                                                             \
    " run TEXT, generation INTEGER, step TEXT, state INTEGER, error TEXT, started INTEGER,"        \
    " ended INTEGER, PRIMARY KEY(run, generation, step));"

// part, step, attempt, generation: its scope (engine/scope.h). process: of an exec, JSON: which
// processes it became.
#define EFFECT_TABLE                                                                               \
    "CREATE TABLE IF NOT EXISTS effect("                                                           \
    " seq INTEGER PRIMARY KEY, run TEXT, part INTEGER, step TEXT, attempt INTEGER,"                \
    " generation INTEGER, position TEXT, phase TEXT, kind TEXT, access TEXT, summary TEXT,"        \
    " fingerprint TEXT, line TEXT, args TEXT, state INTEGER, in_doubt INTEGER, kept INTEGER,"      \
    " result TEXT, error TEXT, code TEXT, answer TEXT, process TEXT, deadline INTEGER,"            \
    " started INTEGER, ended INTEGER, UNIQUE(run, step, part, attempt, generation, position));"

// The names of the secrets that a run has come to know on its way, never what they are.
#define LEARNED_TABLE                                                                              \
    "CREATE TABLE IF NOT EXISTS learned(run TEXT, name TEXT, PRIMARY KEY(run, name));"

const char schema_tables[] =
    RUN_TABLE SOURCE_TABLE STEP_TABLE ROLLBACK_TABLE UNDO_TABLE EFFECT_TABLE LEARNED_TABLE;
const char schema_learned[] = LEARNED_TABLE;

// A state of format 1, which was a word.
#define STATE_OF_WORD(column)                                                                      \
    "CASE " column " WHEN 'running' THEN 0 WHEN 'ok' THEN 1 WHEN 'failed' THEN 2"                  \
    " WHEN 'skipped' THEN 3 WHEN 'stopped' THEN 4 WHEN 'open' THEN 5 END"

// Format 1 had a scope in one text: "step:NAME#1", "undo:NAME#2 of rollback 3". The name stood in
// `step` as well, so that its length tells where the attempt begins; CAST reads a leading number.
#define PART_OF_SCOPE                                                                              \
    "CASE WHEN scope LIKE 'undo:%' THEN 3 WHEN scope LIKE 'when:%' THEN 1 ELSE 0 END"
#define AFTER_NAME "substr(scope, 5 + length(step) + 2)"
#define GENERATION_OF_SCOPE                                                                        \
    "CASE WHEN scope LIKE 'undo:%' THEN CAST(substr(" AFTER_NAME ", instr(" AFTER_NAME             \
    ", ' of rollback ') + length(' of rollback ')) AS INTEGER) ELSE 0 END"

// A rollback that a person had asked for was told by its cause, which was a failure's text as well.
static const char from_1[] =
    "ALTER TABLE step RENAME TO step_1; ALTER TABLE rollback RENAME TO rollback_1;"
    "ALTER TABLE undo RENAME TO undo_1; ALTER TABLE effect RENAME TO effect_1;" STEP_TABLE
        ROLLBACK_TABLE UNDO_TABLE EFFECT_TABLE
    "INSERT INTO step(run, step, n, phase, state, attempts, spent, result, error, started, ended)"
    " SELECT run, step, n, phase, " STATE_OF_WORD(
        "state") ", attempts, 0, result, error, started,"
                 " ended FROM step_1;"
                 "INSERT INTO rollback(run, generation, cause, wished, state, started, ended)"
                 " SELECT run, generation, cause, cause='it was asked for' AND NOT EXISTS(SELECT 1 "
                 "FROM step_1 s"
                 "  WHERE s.run=rollback_1.run AND s.state='failed' AND s.error='it was asked "
                 "for'),"
                 " " STATE_OF_WORD(
                     "outcome") ", started, ended FROM rollback_1;"
                                "INSERT INTO undo(run, generation, step, state, error, started, "
                                "ended)"
                                " SELECT run, generation, step, " STATE_OF_WORD(
                                    "outcome") ", error, started, ended FROM undo_1;"
                                               "INSERT INTO effect(seq, run, part, step, attempt, "
                                               "generation, position, phase, kind, access,"
                                               " summary, fingerprint, line, args, state, "
                                               "in_doubt, kept, result, error, answer, deadline,"
                                               " started, ended)"
                                               " SELECT seq, run, " PART_OF_SCOPE
                                               ", step, CAST(" AFTER_NAME " AS INTEGER),"
                                               " " GENERATION_OF_SCOPE
                                               ", position, phase, kind, access, summary, "
                                               "fingerprint, line, args,"
                                               " state, in_doubt, kept, result, error, answer, "
                                               "deadline, started, ended FROM effect_1;"
                                               "DROP TABLE step_1; DROP TABLE rollback_1; DROP "
                                               "TABLE undo_1; DROP TABLE effect_1;";

const char *schema_upgrade(int version)
{
    return version == 1 ? from_1 : NULL;
}
