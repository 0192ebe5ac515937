/* index_build.c - build the graph of an index anew, with the parameters asked for.
 *
 * The rows stay as they are; the new graph is published with a new head, so searches go from the
 * old graph to the new one between two requests.
 *
 * Tested by: test_index_build.c. */
#include "index/index_publish.h"

static bool settle_params(IndexService *service, const BuildRequest *request, HnswParams *out,
                          Err *err) {
    bool plain = str_is_empty(request->quantization) || str_eq_c(request->quantization, "none");
    if (!plain) {
        bool planned =
            str_eq_c(request->quantization, "int8") || str_eq_c(request->quantization, "bit");
        err_fail(err, planned ? FAIL_UNSUPPORTED : FAIL_INVALID,
                 planned ? "quantization '%.*s' is not part of this build"
                         : "no quantization '%.*s'",
                 STR_ARG(utf8_clip(request->quantization, 32)));
        return err_field(err, "quantization");
    }
    HnswParams params = service->config.hnsw;
    if (request->m != 0)
        params.m = request->m;
    if (request->ef_construction != 0)
        params.ef_construction = request->ef_construction;
    *out = params;
    return hnsw_params_check(out, err);
}

static bool build(IndexService *service, const IndexWriter *writer, const HnswParams *params,
                  Progress *progress, Arena *arena, BuildResult *out, Err *err) {
    if (writer->base == NULL)
        return err_fail(err, FAIL_NOT_FOUND, "no index '%.*s'", STR_ARG(writer->name));
    if (writer->base->live_count == 0)
        return err_fail(err, FAIL_UNPROCESSABLE, "index '%.*s' is empty", STR_ARG(writer->name));
    double seconds = 0.0;
    IndexChange change = {
        .head = index_head_copy(&writer->base->head, arena),
        .build_graph = true,
        .graph_params = *params,
        .out_graph_seconds = &seconds,
        .progress = progress,
    };
    IndexView *view;
    if (!index_publish(service, writer, &change, arena, &view, err))
        return false;
    *out = (BuildResult){
        .build_time_secs = seconds,
        .bytes = view->head.graph.size_bytes,
        .rows = view->head.graph.rows,
        .params = view->head.graph.params,
    };
    index_view_release(view);
    return true;
}

bool index_build_hnsw(IndexService *service, const BuildRequest *request, Progress *progress,
                      Arena *arena, BuildResult *out, Err *err) {
    (void)arena; /* the result holds no texts */
    HnswParams params;
    if (!index_name_check(request->index_name, err) ||
        !settle_params(service, request, &params, err))
        return false;
    Arena *scratch = arena_create();
    IndexWriter writer;
    bool ok = index_writer_begin(service->registry, request->index_name, WRITER_LONG, STR_EMPTY,
                                 scratch, &writer, err);
    if (ok) {
        ok = build(service, &writer, &params, progress, scratch, out, err);
        index_writer_end(&writer);
    }
    arena_destroy(scratch);
    return ok;
}
