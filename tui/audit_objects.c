/* The columns and the export of an audit's objects. */
#include "tui/audit_objects.h"

#include <string.h>

enum column { START, NEXT, RECORDS, BYTES, KEY, COLUMNS };

static const struct table_column columns[COLUMNS] = {
    [START] = { .name = "from", .least = 9, .want = 12, .most = 18, .gap = 1, .keep = true },
    [NEXT] = { .name = "to", .least = 9, .want = 12, .most = 18, .gap = 1, .keep = true },
    [RECORDS] = { .name = "records", .least = 7, .want = 9, .most = 14, .gap = 1 },
    [BYTES] = { .name = "bytes", .least = 7, .want = 11, .most = 16, .gap = 1 },
    [KEY] = { .name = "object", .least = 10, .want = 20, .most = 36, .gap = 2, .left = true, .keep = true },
};

static const struct engine_audit_object *object_at(const void *objects, size_t row)
{
    return &((const struct audit_objects *)objects)->audit->objects[row];
}

static size_t object_count(const void *objects)
{
    const struct engine_audit *audit = ((const struct audit_objects *)objects)->audit;

    return audit ? audit->object_count : 0;
}

static bool object_listed(const void *objects, size_t row)
{
    return object_at(objects, row)->range.partition == ((const struct audit_objects *)objects)->partition;
}

static const char *object_identity(const void *objects, size_t row, char out[64])
{
    (void)out;
    return object_at(objects, row)->key;
}

/* What lies before an object that does not begin where the one before ended. */
static int64_t hole_before(const void *objects, size_t row)
{
    const struct coverage_object *object = &object_at(objects, row)->range;

    if (row == 0 || object_at(objects, row - 1)->range.partition != object->partition)
        return 0;
    return object->start - object_at(objects, row - 1)->range.next;
}

static enum theme_role object_cell(const void *objects, size_t row, size_t column, struct buffer *out)
{
    const struct engine_audit_object *object = object_at(objects, row);
    int64_t hole = hole_before(objects, row);

    switch ((enum column)column) {
    case START: table_append_count(out, object->range.start); return hole != 0 ? THEME_BAD : THEME_TEXT;
    case NEXT: table_append_count(out, object->range.next); break;
    case RECORDS: table_append_count(out, object->range.records); break;
    case BYTES: table_append_count(out, object->range.bytes); break;
    case KEY:
        if (hole > 0)
            buffer_printf(out, "HOLE of %lld before: ", (long long)hole);
        else if (hole < 0)
            buffer_printf(out, "TWICE %lld: ", (long long)-hole);
        if (object->trouble)
            buffer_printf(out, "%s: ", object->trouble);
        buffer_append_text(out, strrchr(object->key, '/') ? strrchr(object->key, '/') + 1 : object->key);
        return hole != 0 || object->trouble ? THEME_BAD : THEME_TEXT;
    case COLUMNS: break;
    }
    return THEME_TEXT;
}

static struct table_value object_value(const void *objects, size_t row, size_t column)
{
    const struct engine_audit_object *object = object_at(objects, row);

    switch ((enum column)column) {
    case START: return (struct table_value){ .number = object->range.start };
    case NEXT: return (struct table_value){ .number = object->range.next };
    case RECORDS: return (struct table_value){ .number = object->range.records };
    case BYTES: return (struct table_value){ .number = object->range.bytes };
    default: return (struct table_value){ .text = object->key };
    }
}

static const struct table_rows object_rows = {
    .columns = columns,
    .column_count = COLUMNS,
    .error_column = COLUMNS,
    .count = object_count,
    .identity = object_identity,
    .cell = object_cell,
    .value = object_value,
    .listed = object_listed,
};

void audit_objects_init(struct audit_objects *objects)
{
    objects->audit = NULL;
    objects->partition = -1;
    table_init(&objects->table, &object_rows, objects, START, false);
}

void audit_objects_clear(struct audit_objects *objects)
{
    table_clear(&objects->table);
}

void audit_objects_show(struct audit_objects *objects, const struct engine_audit *audit)
{
    objects->audit = audit;
    table_changed(&objects->table, true);
}

/* The first object behind a hole, else the last one. */
static void select_interesting(struct audit_objects *objects)
{
    size_t at = objects->table.count > 0 ? objects->table.count - 1 : 0;

    for (size_t i = objects->table.count; i-- > 0;)
        if (hole_before(objects, objects->table.order[i]) != 0 || object_at(objects, objects->table.order[i])->trouble)
            at = i;
    (void)table_action(&objects->table, ACTION_TOP);
    while (objects->table.selected < at && table_action(&objects->table, ACTION_DOWN))
        ;
}

void audit_objects_open(struct audit_objects *objects, int32_t partition)
{
    objects->partition = partition;
    table_changed(&objects->table, true);
    if (partition >= 0)
        select_interesting(objects);
}

void audit_objects_export(const struct audit_objects *objects, struct export *out)
{
    static const char *const names[] = { "partition", "from", "to", "records", "bytes", "key", "trouble" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        export_column(out, names[i]);
    for (size_t i = 0; i < objects->table.count; i++) {
        const struct engine_audit_object *object = object_at(objects, objects->table.order[i]);

        export_number(out, object->range.partition);
        export_number(out, object->range.start);
        export_number(out, object->range.next);
        export_number(out, object->range.records);
        export_number(out, object->range.bytes);
        export_text(out, object->key);
        export_text(out, object->trouble);
    }
}
