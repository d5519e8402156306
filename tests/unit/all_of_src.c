/* Is linked with the whole of libheadgate.a and without ncurses, and does nothing; see Makefile.am. */

int main(void)
{
    return 0;
}
