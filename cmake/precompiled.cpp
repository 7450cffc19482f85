// In: nothing. Out: the object that the targets of precompiled headers need to be targets (cmake/Precompiled.cmake).
